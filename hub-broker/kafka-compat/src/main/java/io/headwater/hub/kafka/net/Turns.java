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
  /** A worker has other connections to serve. */
  static final int MOST_IN_A_ROW = 8;

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
      workers.execute(this::runSome);
    }
  }

  private void runSome() {
    for (int i = 0; i < MOST_IN_A_ROW; i++) {
      if (!runNext()) {
        return;
      }
    }
    workers.execute(this::runSome);
  }

  /** True if there is another one. */
  private boolean runNext() {
    try {
      Runnable task = tasks.poll();
      if (task != null) { // one is there for each that was counted
        task.run();
      }
    } catch (RuntimeException | Error e) {
      if (left.decrementAndGet() > 0) {
        workers.execute(this::runSome); // this worker's turn ends, not the others' tasks
      }
      throw e;
    }
    return left.decrementAndGet() > 0;
  }
}
