package io.headwater.edge.mqtt;

import io.netty.util.concurrent.EventExecutor;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What other threads tell a connection, brought to its event loop: all that has come by then in one
 * task, and so with one flush. Thread-safe.
 */
final class LoopTasks {
  private final EventExecutor loop;
  private final Runnable after;
  private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();

  /**
   * @param after runs on the loop behind each lot
   */
  LoopTasks(EventExecutor loop, Runnable after) {
    this.loop = loop;
    this.after = after;
  }

  void add(Runnable task) {
    waiting.add(task);
    if (!scheduled.getAndSet(true)) {
      try {
        loop.execute(this::run);
      } catch (RejectedExecutionException _) {
        // The listener is closed, and with it the connection.
      }
    }
  }

  private void run() {
    scheduled.set(false); // before looking: what comes now is not missed
    for (@Nullable Runnable task = waiting.poll(); task != null; task = waiting.poll()) {
      task.run();
    }
    after.run();
  }
}
