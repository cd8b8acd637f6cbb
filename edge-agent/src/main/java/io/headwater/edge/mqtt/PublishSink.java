package io.headwater.edge.mqtt;

import io.headwater.edge.log.Append;
import java.util.function.Consumer;

/** Where publishes go: routes them and hands them to the log. Thread-safe. */
@FunctionalInterface
public interface PublishSink {
  /**
   * Hands a publish on.
   *
   * @param done told the outcome once, on another thread
   * @return false if there is no room now; then nothing was taken
   */
  boolean offer(String topic, byte[] payload, String clientId, Consumer<Append.Outcome> done);
}
