package io.headwater.hub.kafka.log;

import io.headwater.process.Threads;
import java.io.IOException;
import java.time.Duration;
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
 * <p>One thread, {@code hub-log-commit}: takes all logs that became dirty, makes them durable, then
 * raises their high watermarks. What is appended meanwhile waits for the next turn, so the group
 * grows by itself under load and costs nothing when idle. The same thread runs the tasks that
 * Kafka's logs want done soon; see {@link CommitScheduler}.
 *
 * <p>The first failure ends the thread: no force is ever tried again, because the kernel may have
 * dropped the pages that it could not write.
 */
final class GroupCommitter implements Executor, AutoCloseable {
  private final Disk disk;
  private final LogMetrics metrics;
  private final Consumer<Throwable> onFailure;
  private final Object lock = new Object();
  private final Thread thread;

  /** When the commit under way began, by {@code System.nanoTime()}; 0 if there is none. */
  private volatile long busySince;

  // Guarded by lock.
  private Set<FilePartitionLog> dirty = new LinkedHashSet<>();
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private boolean closing;

  GroupCommitter(Disk disk, LogMetrics metrics, Consumer<Throwable> onFailure) {
    this.disk = disk;
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

  /** How long the commit under way has been waiting for the disk; zero if there is none. */
  Duration stalledFor() {
    long since = busySince;
    return since == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
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

  private void commit(List<FilePartitionLog> logs) throws IOException {
    long started = System.nanoTime();
    busySince = started == 0 ? 1 : started;
    metrics.dirtyLogs(logs.size());
    long[] ends = new long[logs.size()];
    for (int i = 0; i < ends.length; i++) {
      ends[i] = logs.get(i).commitEnd(); // before the force: what comes later waits its turn
    }
    boolean all = disk.forceAll(ends.length);
    for (int i = 0; i < ends.length; i++) {
      FilePartitionLog log = logs.get(i);
      if (!all) {
        log.force(disk, ends[i]);
      }
      log.complete(ends[i]); // forced one by one, each is answered when it is on disk
    }
    busySince = 0;
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
