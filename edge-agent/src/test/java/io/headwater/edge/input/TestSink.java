package io.headwater.edge.input;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.edge.log.Append;
import io.headwater.edge.mqtt.Publish;
import io.headwater.edge.mqtt.PublishSink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Takes readings in place of the routes and the log. */
final class TestSink implements PublishSink {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Publish> taken = new CopyOnWriteArrayList<>();
  private volatile boolean isFull;
  private volatile Append.Outcome outcome = Append.Outcome.COMMITTED;

  @Override
  public boolean offer(Publish publish) {
    if (isFull) {
      return false;
    }
    taken.add(publish);
    publish.done().accept(outcome);
    return true;
  }

  void full(boolean now) {
    isFull = now;
  }

  void outcome(Append.Outcome next) {
    outcome = next;
  }

  List<Publish> taken() {
    return taken;
  }

  /** The readings of an input, in their order. */
  List<JsonNode> readings(String input) {
    return taken.stream()
        .map(TestSink::json)
        .filter(json -> json.path("name").asText().equals(input))
        .toList();
  }

  /** As {@link #readings}, in short: each is a value or the fault. */
  List<String> told(String input) {
    return readings(input).stream()
        .map(json -> json.has("value") ? json.get("value").asText() : json.get("fault").asText())
        .toList();
  }

  static JsonNode json(Publish publish) {
    try {
      return JSON.readTree(publish.payload());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
