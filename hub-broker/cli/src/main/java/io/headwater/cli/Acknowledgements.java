package io.headwater.cli;

import java.util.Optional;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Counts what became of records. Thread-safe: producers answer on a thread of their own. */
final class Acknowledgements {
  private long acknowledged;
  private long failed;
  private boolean timedOut;
  private @Nullable String firstFailure;

  /** What the record of a line is sent with. */
  Callback of(long line) {
    return (_, failure) -> settle(line, failure);
  }

  private synchronized void settle(long line, @Nullable Exception failure) {
    if (failure == null) {
      acknowledged++;
      return;
    }
    failed++;
    timedOut |= failure instanceof TimeoutException;
    if (firstFailure == null) {
      firstFailure = "line " + line + ": " + failure.getMessage();
    }
  }

  synchronized long acknowledged() {
    return acknowledged;
  }

  synchronized long failed() {
    return failed;
  }

  /** Whether the hub has gone: each further line would wait as long again. */
  synchronized boolean timedOut() {
    return timedOut;
  }

  synchronized Optional<String> firstFailure() {
    return Optional.ofNullable(firstFailure);
  }
}
