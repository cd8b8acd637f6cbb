package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A reading that came when windows which it belongs to were kept no more: they are to be computed
 * anew, out of the topic.
 *
 * <p>As a record of the query's topic of such readings: key as it is aggregated by, timestamp when
 * it was noticed, value a JSON object with these fields.
 *
 * @param time of the reading; milliseconds since 1970
 * @param reached the stream time then: windows that close later are left to the query
 * @param gateway that sent it; empty if none is known
 */
record Overdue(long time, long reached, String gateway) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  byte[] encode() {
    return JSON.createObjectNode()
        .put("time", time)
        .put("reached", reached)
        .put("gateway", gateway)
        .toString()
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Empty if it is none. */
  static Optional<Overdue> decode(byte @Nullable [] value) {
    try {
      JsonNode node = value == null ? null : JSON.readTree(value);
      return node == null || !node.path("time").isIntegralNumber()
          ? Optional.empty()
          : Optional.of(
              new Overdue(
                  node.path("time").longValue(),
                  node.path("reached").longValue(),
                  node.path("gateway").asText()));
    } catch (IOException _) {
      return Optional.empty();
    }
  }
}
