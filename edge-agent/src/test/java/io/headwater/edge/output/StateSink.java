package io.headwater.edge.output;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.edge.log.Append;
import io.headwater.edge.mqtt.Publish;
import io.headwater.edge.mqtt.PublishSink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Takes states in place of the routes and the log. */
final class StateSink implements PublishSink {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Publish> taken = new CopyOnWriteArrayList<>();

  @Override
  public boolean offer(Publish publish) {
    taken.add(publish);
    publish.done().accept(Append.Outcome.COMMITTED);
    return true;
  }

  List<Publish> taken() {
    return taken;
  }

  /** The states of an output, in their order. */
  List<JsonNode> states(String output) {
    return taken.stream()
        .map(StateSink::json)
        .filter(json -> json.path("name").asText().equals(output))
        .toList();
  }

  /** As {@link #states}, in short: {@code command 1} or {@code command no-answer}. */
  List<String> told(String output) {
    return states(output).stream()
        .map(json ->
            json.path("by").asText()
                + " "
                + (json.has("value") ? json.get("value").asText() : json.path("fault").asText()))
        .toList();
  }

  private static JsonNode json(Publish publish) {
    try {
      return JSON.readTree(publish.payload());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
