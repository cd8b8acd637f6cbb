package io.headwater.hub.kafka.ledger;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A task that runs again and again, elsewhere. While one run has not ended the next ones are left
 * out: those that wait for slow stores would pile up and take all threads. Thread-safe.
 */
final class Recurring implements Runnable {
  private final Runnable task;
  private final Executor elsewhere;
  private final AtomicBoolean isUnderway = new AtomicBoolean();

  Recurring(Runnable task, Executor elsewhere) {
    this.task = task;
    this.elsewhere = elsewhere;
  }

  /** It is time for a run. */
  @Override
  public void run() {
    if (isUnderway.compareAndSet(false, true)) {
      elsewhere.execute(this::runOnce);
    }
  }

  private void runOnce() {
    try {
      task.run();
    } finally {
      isUnderway.set(false);
    }
  }
}
