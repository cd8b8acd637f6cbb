package io.headwater.hub.kafka.net;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs tasks one after the other, in the order given, on workers that others use too. A worker
 * stays as long as there is a next task, so that a busy connection wakes none for each of its
 * requests.
 */
final class Turns implements Executor {
  private final Executor workers;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

  /** Tasks not ended; a worker is at them unless it is 0. */
  private final AtomicInteger left = new AtomicInteger();

  Turns(Executor workers) {
    this.workers = workers;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (left.getAndIncrement() == 0) {
      workers.execute(this::runAll);
    }
  }

  private void runAll() {
    boolean more = true;
    while (more) {
      boolean ended = false;
      try {
        Runnable task = tasks.poll();
        if (task != null) { // one is there for each that was counted
          task.run();
        }
        ended = true;
      } finally {
        more = left.decrementAndGet() > 0;
        if (!ended && more) {
          workers.execute(this::runAll); // what was thrown ends this worker's turn, not the others
        }
      }
    }
  }
}
