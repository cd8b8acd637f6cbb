package io.headwater.hub.kafka.log;

import io.headwater.process.Threads;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Makes appends durable, many at a time.
 *
 * <p>One thread, {@code hub-log-commit-0}: takes all partitions that became dirty, forces each,
 * then raises their high watermarks. What is appended meanwhile waits for the next turn, so the
 * group grows by itself under load and costs nothing when idle.
 */
final class GroupCommitter implements AutoCloseable {
  private final LogMetrics metrics;
  private final Consumer<IOException> onFailure;
  private final Object lock = new Object();
  private final Thread thread;

  // Guarded by lock.
  private Set<FilePartitionLog> dirty = new LinkedHashSet<>();
  private boolean closing;

  GroupCommitter(LogMetrics metrics, Consumer<IOException> onFailure) {
    this.metrics = metrics;
    this.onFailure = onFailure;
    this.thread = Threads.start("hub-log-commit-0", this::run);
  }

  void markDirty(FilePartitionLog log) {
    synchronized (lock) {
      if (dirty.add(log) && dirty.size() == 1) {
        lock.notifyAll();
      }
    }
  }

  private void run() {
    while (true) {
      Set<FilePartitionLog> batch;
      synchronized (lock) {
        while (dirty.isEmpty() && !closing) {
          try {
            lock.wait();
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return;
          }
        }
        if (dirty.isEmpty()) {
          return;
        }
        batch = dirty;
        dirty = new LinkedHashSet<>();
      }
      try {
        commit(List.copyOf(batch));
      } catch (IOException e) {
        onFailure.accept(e); // final: this thread ends, nothing is forced twice
        return;
      }
    }
  }

  private void commit(List<FilePartitionLog> logs) throws IOException {
    long started = System.nanoTime();
    for (FilePartitionLog log : logs) {
      if (!log.isClosed()) {
        // Each partition is answered as soon as it is on disk, not when the last one is.
        log.complete(log.force());
      }
    }
    metrics.committed(logs.size(), System.nanoTime() - started);
  }

  /** Commits what is dirty, then ends the thread. */
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
      throw new IllegalStateException("interrupted before all appends were on disk", e);
    }
  }
}
