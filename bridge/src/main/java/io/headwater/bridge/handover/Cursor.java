package io.headwater.bridge.handover;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.uplink.OffsetRanges;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What of a partition is in the hub, and the openings of the log known when it was written. In the
 * topic: {@code {"settled": [[0, 100]], "incarnations": ["1f…"], "first": [0]}}.
 *
 * @param openings oldest first
 */
record Cursor(OffsetRanges settled, List<Opening> openings) {
  static final Cursor EMPTY = new Cursor(OffsetRanges.EMPTY, List.of());
  static final int MOST_RANGES = 64;

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * An opening of the log.
   *
   * @param first offset of the partition that it may have written
   */
  record Opening(long id, long first) {}

  Cursor {
    openings = List.copyOf(openings);
  }

  byte[] toBytes() {
    ObjectNode node = JSON.createObjectNode();
    var ranges = node.putArray("settled");
    settled.ranges().forEach(range -> ranges.addArray().add(range.from()).add(range.to()));
    var ids = node.putArray("incarnations");
    openings.forEach(opening -> ids.add(Long.toHexString(opening.id())));
    var firsts = node.putArray("first");
    openings.forEach(opening -> firsts.add(opening.first()));
    return node.toString().getBytes(StandardCharsets.UTF_8);
  }

  static Optional<Cursor> parse(byte[] bytes) {
    try {
      JsonNode node = JSON.readTree(new String(bytes, StandardCharsets.UTF_8));
      if (!node.path("settled").isArray()) {
        return Optional.empty();
      }
      OffsetRanges settled = OffsetRanges.EMPTY;
      for (JsonNode range : node.path("settled")) {
        settled = settled.add(range.path(0).asLong(), range.path(1).asLong());
      }
      var openings = new ArrayList<Opening>();
      JsonNode firsts = node.path("first");
      for (JsonNode id : node.path("incarnations")) {
        openings.add(
            new Opening(
                Long.parseUnsignedLong(id.asText(), 16),
                // Not told by bridges of old: then nothing is held against the log.
                firsts.path(openings.size()).asLong(Long.MAX_VALUE)));
      }
      return Optional.of(new Cursor(settled, openings));
    } catch (JsonProcessingException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
