package io.headwater.hub.kafka.log;

import io.headwater.process.Threads;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Makes appends durable, many at a time.
 *
 * <p>One thread, {@code hub-log-commit}: takes all logs that became dirty, forces each, then raises
 * their high watermarks. What is appended meanwhile waits for the next turn, so the group grows by
 * itself under load and costs nothing when idle. The same thread runs the tasks that Kafka's logs
 * want done soon; see {@link CommitScheduler}.
 *
 * <p>The first failure ends the thread: no force is ever tried again, because the kernel may have
 * dropped the pages that it could not write.
 */
final class GroupCommitter implements Executor, AutoCloseable {
  private final LogMetrics metrics;
  private final Consumer<Throwable> onFailure;
  private final Object lock = new Object();
  private final Thread thread;

  // Guarded by lock.
  private Set<FilePartitionLog> dirty = new LinkedHashSet<>();
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private boolean closing;

  GroupCommitter(LogMetrics metrics, Consumer<Throwable> onFailure) {
    this.metrics = metrics;
    this.onFailure = onFailure;
    this.thread = Threads.start("hub-log-commit", this::run);
  }

  /** Has a log made durable soon. */
  void markDirty(FilePartitionLog log) {
    synchronized (lock) {
      if (dirty.add(log) && dirty.size() == 1) {
        lock.notifyAll();
      }
    }
  }

  @Override
  public void execute(Runnable task) {
    synchronized (lock) {
      tasks.add(task);
      lock.notifyAll();
    }
  }

  private void run() {
    try {
      var batch = new ArrayList<FilePartitionLog>();
      var due = new ArrayList<Runnable>();
      while (take(batch, due)) {
        if (!batch.isEmpty()) {
          commit(batch);
        }
        due.forEach(Runnable::run);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      onFailure.accept(new IllegalStateException("the commit thread was interrupted"));
    } catch (Exception | Error e) {
      onFailure.accept(e);
    }
  }

  /** Waits for work; false when closing and none is left. */
  private boolean take(List<FilePartitionLog> batch, List<Runnable> due)
      throws InterruptedException {
    batch.clear();
    due.clear();
    synchronized (lock) {
      while (dirty.isEmpty() && tasks.isEmpty()) {
        if (closing) {
          return false;
        }
        lock.wait();
      }
      batch.addAll(dirty);
      dirty = new LinkedHashSet<>();
      due.addAll(tasks);
      tasks.clear();
    }
    return true;
  }

  private void commit(List<FilePartitionLog> logs) throws java.io.IOException {
    long started = System.nanoTime();
    metrics.dirtyLogs(logs.size());
    for (FilePartitionLog log : logs) {
      log.commit(); // each is answered as soon as it is on disk, not when the last one is
    }
    metrics.dirtyLogs(0);
    metrics.committed(System.nanoTime() - started, logs.size());
  }

  /** Commits what is dirty, runs what is due, then ends the thread. */
  @Override
  public void close() {
    synchronized (lock) {
      closing = true;
      lock.notifyAll();
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted before all appends were durable", e);
    }
  }
}
