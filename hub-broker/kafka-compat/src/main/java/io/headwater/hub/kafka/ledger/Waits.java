package io.headwater.hub.kafka.ledger;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waiting for ledgers, with an end. */
final class Waits {
  private Waits() {}

  /**
   * @throws LedgerException what the future failed with, or that it took too long
   */
  static <T> T await(CompletableFuture<T> future, Duration patience, String what) {
    try {
      return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw causeOf(e, what);
    } catch (TimeoutException e) {
      throw new LedgerException(
          LedgerException.Reason.UNAVAILABLE,
          "%s took longer than %d s".formatted(what, patience.toSeconds()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LedgerException(LedgerException.Reason.UNAVAILABLE, what + " was interrupted", e);
    }
  }

  /** The reason that a future's failure carries. */
  static LedgerException causeOf(Throwable failure, String what) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof LedgerException reason) {
        return reason;
      }
    }
    return new LedgerException(
        LedgerException.Reason.UNAVAILABLE, what + " failed: " + failure, failure);
  }
}
