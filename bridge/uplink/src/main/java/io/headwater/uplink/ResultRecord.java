package io.headwater.uplink;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What became of a command, in the hub: JSON in the topic {@link CommandRecord#RESULTS}, key = id,
 * partition = the gateway's lane.
 *
 * @param answer null for none
 * @param fetched how far a refetch is; empty for other kinds
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ResultRecord(
    String id,
    String gateway,
    String device,
    CommandKind kind,
    CommandOutcome outcome,
    String detail,
    byte @Nullable [] answer,
    Optional<Progress> fetched) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * How far a refetch is.
   *
   * @param next offset to go on with
   * @param end offset behind the last
   * @param records written
   * @param missing offsets without a record
   */
  public record Progress(long next, long end, long records, long missing) {}

  public byte[] toBytes() {
    ObjectNode node =
        JSON.createObjectNode()
            .put("id", id)
            .put("gateway", gateway)
            .put("device", device)
            .put("kind", kind.text())
            .put("outcome", outcome.text());
    if (!detail.isEmpty()) {
      node.put("detail", detail);
    }
    if (answer != null) {
      CommandRecord.putBytes(node, "answer", answer);
    }
    fetched.ifPresent(progress ->
        node.put("next", progress.next())
            .put("end", progress.end())
            .put("records", progress.records())
            .put("missing", progress.missing()));
    return node.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Reads a record; empty if it is no result. */
  public static Optional<ResultRecord> parse(byte[] value) {
    try {
      JsonNode node = JSON.readTree(new String(value, StandardCharsets.UTF_8));
      Optional<CommandKind> kind = CommandKind.parse(node.path("kind").asText());
      Optional<CommandOutcome> outcome = CommandOutcome.parse(node.path("outcome").asText());
      if (kind.isEmpty() || outcome.isEmpty() || !node.path("id").isTextual()) {
        return Optional.empty();
      }
      return Optional.of(
          new ResultRecord(
              node.path("id").asText(),
              node.path("gateway").asText(),
              node.path("device").asText(),
              kind.get(),
              outcome.get(),
              node.path("detail").asText(""),
              CommandRecord.bytes(node, "answer"),
              node.has("next")
                  ? Optional.of(
                      new Progress(
                          node.path("next").asLong(),
                          node.path("end").asLong(),
                          node.path("records").asLong(),
                          node.path("missing").asLong()))
                  : Optional.empty()));
    } catch (JsonProcessingException | IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
