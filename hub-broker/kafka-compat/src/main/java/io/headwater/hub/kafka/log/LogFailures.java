package io.headwater.hub.kafka.log;

import java.io.IOException;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;

/**
 * Where Kafka's code reports I/O errors. It is made for one channel for all logs of a folder, which
 * ends all at the first error; here each log has its own and fails alone.
 */
final class LogFailures extends LogDirFailureChannel {
  /** Hears of errors. Called under locks of Kafka's logs: must only hand them on. */
  @FunctionalInterface
  interface Listener {
    void onFailure(String message, IOException cause);
  }

  private final Listener listener;

  LogFailures(Listener listener) {
    super(1);
    this.listener = listener;
  }

  @Override
  public void maybeAddOfflineLogDir(String logDir, String message, IOException cause) {
    super.maybeAddOfflineLogDir(logDir, message, cause);
    listener.onFailure(message, cause);
  }
}
