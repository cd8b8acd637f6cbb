package io.headwater.hub.zookeeper;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.hub.kafka.ledger.PartitionState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;

/** The JSON of a partition's state, as the package comment shows it. Unknown fields are ignored. */
final class PartitionStateCodec {
  private static final ObjectMapper JSON = new ObjectMapper();

  private PartitionStateCodec() {}

  /** The same bytes for the same state. */
  static byte[] encode(PartitionState state) {
    ObjectNode root = JSON.createObjectNode();
    root.put("owner", state.owner());
    root.put("epoch", state.leaderEpoch());
    root.put("start", state.startOffset());
    root.put("compacted", state.compactedTo());
    ArrayNode ledgers = root.putArray("ledgers");
    for (PartitionState.Part part : state.ledgers()) {
      ledgers
          .addArray()
          .add(part.ledger())
          .add(part.baseOffset())
          .add(part.bytes())
          .add(part.maxTimestamp())
          .add(part.stableOffset());
    }
    return root.toString().getBytes(StandardCharsets.UTF_8);
  }

  static PartitionState decode(String path, byte[] data) {
    JsonNode root;
    try {
      root = JSON.readTree(data);
    } catch (IOException e) {
      throw new IllegalStateException(path + " is no JSON: " + e.getMessage(), e);
    }
    var ledgers = new ArrayList<PartitionState.Part>();
    for (JsonNode part : root.path("ledgers")) {
      ledgers.add(
          new PartitionState.Part(
              part.path(0).asLong(),
              part.path(1).asLong(),
              part.path(2).asLong(),
              part.path(3).asLong(),
              part.path(4).asLong()));
    }
    return new PartitionState(
        root.path("owner").asInt(),
        root.path("epoch").asInt(),
        root.path("start").asLong(),
        root.path("compacted").asLong(),
        ledgers);
  }
}
