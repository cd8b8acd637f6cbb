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
 * topic: {@code {"settled": [[0, 100]], "incarnations": ["1f…"]}}.
 */
record Cursor(OffsetRanges settled, List<Long> incarnations) {
  static final Cursor EMPTY = new Cursor(OffsetRanges.EMPTY, List.of());
  static final int MOST_RANGES = 64;

  private static final ObjectMapper JSON = new ObjectMapper();

  Cursor {
    incarnations = List.copyOf(incarnations);
  }

  byte[] toBytes() {
    ObjectNode node = JSON.createObjectNode();
    var ranges = node.putArray("settled");
    settled.ranges().forEach(range -> ranges.addArray().add(range.from()).add(range.to()));
    var openings = node.putArray("incarnations");
    incarnations.forEach(id -> openings.add(Long.toHexString(id)));
    return node.toString().getBytes(StandardCharsets.UTF_8);
  }

  static Optional<Cursor> parse(byte[] bytes) {
    try {
      JsonNode node = JSON.readTree(new String(bytes, StandardCharsets.UTF_8));
      OffsetRanges settled = OffsetRanges.EMPTY;
      for (JsonNode range : node.path("settled")) {
        settled = settled.add(range.path(0).asLong(), range.path(1).asLong());
      }
      var incarnations = new ArrayList<Long>();
      for (JsonNode id : node.path("incarnations")) {
        incarnations.add(Long.parseUnsignedLong(id.asText(), 16));
      }
      return Optional.of(new Cursor(settled, incarnations));
    } catch (JsonProcessingException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
