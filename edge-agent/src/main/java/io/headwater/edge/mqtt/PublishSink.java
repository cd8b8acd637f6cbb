package io.headwater.edge.mqtt;

/** Where publishes go: routes them and hands them to the log. Thread-safe. */
@FunctionalInterface
public interface PublishSink {
  /**
   * Hands a publish on.
   *
   * @return false if there is no room now; then nothing was taken
   */
  boolean offer(Publish publish);
}
