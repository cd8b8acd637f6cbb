package io.headwater.bridge.handover;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.uplink.StreamPartition;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Whose cursor: a partition of one life of a gateway's log. In the topic a JSON array. */
record CursorKey(String gateway, long epoch, StreamPartition partition) {
  private static final ObjectMapper JSON = new ObjectMapper();

  byte[] toBytes() {
    var array = JSON.createArrayNode();
    array
        .add(gateway)
        .add(Long.toHexString(epoch))
        .add(partition.stream())
        .add(partition.partition());
    return array.toString().getBytes(StandardCharsets.UTF_8);
  }

  static Optional<CursorKey> parse(byte[] bytes) {
    try {
      JsonNode node = JSON.readTree(new String(bytes, StandardCharsets.UTF_8));
      if (!node.isArray() || node.size() != 4) {
        return Optional.empty();
      }
      return Optional.of(
          new CursorKey(
              node.get(0).asText(),
              Long.parseUnsignedLong(node.get(1).asText(), 16),
              new StreamPartition(node.get(2).asText(), node.get(3).asInt())));
    } catch (JsonProcessingException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
