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
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes appends durable, many at a time.
 *
 * <p>One thread, {@code hub-log-commit}: takes all logs that became dirty, makes them durable, then
 * raises their high watermarks. What is appended meanwhile waits for the next turn, so the group
 * grows by itself under load and costs nothing when idle. Under heavy load the next turn waits
 * besides until the appends pause, a few milliseconds at most: each force costs the processor, not
 * only the disk, whatever it carries. With a delay, logs gather for that long. The same thread runs
 * the tasks that Kafka's logs want done soon; see {@link CommitScheduler}.
 *
 * <p>A log that cannot be forced is given up: no force is ever tried again, because the kernel may
 * have dropped the pages that it could not write. If the whole file system was forced, nobody knows
 * whose pages those were, and it tells only once: the logs of that commit, and those of the next,
 * which were written to meanwhile, are forced one by one. The kernel keeps with each file that
 * pages of it were lost.
 */
final class GroupCommitter implements Executor, AutoCloseable {
  /** Hears what could not be made durable. Called by the commit thread. */
  interface Failures {
    /** One log, and no other. */
    void ofLog(FilePartitionLog log, Exception cause);

    /** The commit thread itself: nothing becomes durable any more. */
    void ofAll(Throwable cause);
  }

  /**
   * A commit with more appends than this was not of one producer alone with one partition, who
   * sends no more before he is answered.
   */
  private static final int FEW_APPENDS = 8;

  private static final Logger LOGGER = LoggerFactory.getLogger(GroupCommitter.class);

  /** No append for so long is a pause. */
  private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(150);

  /** The longest that a commit is put off for the sake of larger ones... */
  private static final long LONGEST_GATHERING_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

  /** ...and as a multiple of what the last one took. */
  private static final int GATHERING_SHARE = 3;

  private final Disk disk;
  private final long delayNanos;
  private final LogMetrics metrics;
  private final Failures failures;
  private final Object lock = new Object();
  private final Thread thread;

  /** When the commit under way began, by {@code System.nanoTime()}; 0 if there is none. */
  private volatile long busySince;

  /** When the oldest append of the commit under way was made; 0 if there is none. */
  private volatile long committingSince;

  /** When the first of the dirty logs became so; 0 if there is none. Written under the lock. */
  private volatile long dirtySince;

  // Guarded by lock.
  private Set<FilePartitionLog> dirty = new LinkedHashSet<>();
  private long dirtyRecords;
  private long dirtyBytes;
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private boolean closing;

  /** Since the last commit began. */
  private int appends;

  // Of the commit thread alone.

  /** What the commit under way carries. */
  private long records;

  private long bytes;

  /** Whether the file system has reported an error for what the next commit carries too. */
  private boolean suspect;

  /** Whether it carries many appends. */
  private boolean busy;

  /** Until when, by {@code System.nanoTime()}, appends may gather. */
  private long gatherUntil = System.nanoTime();

  /**
   * @param delay between an append and its commit; none makes commits as fast as the disk is
   */
  GroupCommitter(Disk disk, Duration delay, LogMetrics metrics, Failures failures) {
    this.disk = disk;
    this.delayNanos = delay.toNanos();
    this.metrics = metrics;
    this.failures = failures;
    this.thread = Threads.start("hub-log-commit", this::run);
  }

  /** Has what was appended to a log made durable soon; called for each append. */
  void markDirty(FilePartitionLog log, long newRecords, long newBytes) {
    synchronized (lock) {
      appends++;
      dirtyRecords += newRecords;
      dirtyBytes += newBytes;
      if (dirty.add(log) && dirty.size() == 1) {
        dirtySince = now();
        lock.notifyAll();
      }
    }
  }

  /** How long the commit under way has been waiting for the disk; zero if there is none. */
  Duration stalledFor() {
    long since = busySince;
    return since == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
  }

  /** For how long the oldest append has been waiting to become durable, in seconds. */
  double unforcedSeconds() {
    long committing = committingSince;
    long since = committing == 0 ? dirtySince : committing;
    return since == 0 ? 0 : (System.nanoTime() - since) / 1e9;
  }

  /** Never 0, which stands for "none". */
  private static long now() {
    return System.nanoTime() | 1;
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
        due.forEach(GroupCommitter::runTask);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      failures.ofAll(new IllegalStateException("the commit thread was interrupted"));
    } catch (Exception | Error e) {
      failures.ofAll(e);
    }
  }

  private static void runTask(Runnable task) {
    try {
      task.run();
    } catch (KafkaStorageException _) {
      // Its log has been told through its own channel; the others' tasks go on.
    }
  }

  /** Waits for work; false when closing and none is left. */
  private boolean take(List<FilePartitionLog> batch, List<Runnable> due)
      throws InterruptedException {
    batch.clear();
    due.clear();
    synchronized (lock) {
      while (tasks.isEmpty() && !closing && untilCommit() > 0) {
        TimeUnit.NANOSECONDS.timedWait(lock, untilCommit());
      }
      if (closing && tasks.isEmpty() && dirty.isEmpty()) {
        return false;
      }
      if (closing || untilCommit() <= 0) {
        gather();
        busy = appends > FEW_APPENDS;
        appends = 0;
        batch.addAll(dirty);
        dirty = new LinkedHashSet<>();
        records = dirtyRecords;
        bytes = dirtyBytes;
        dirtyRecords = 0;
        dirtyBytes = 0;
        committingSince = dirtySince;
        dirtySince = 0;
      }
      due.addAll(tasks);
      tasks.clear();
    }
    return true;
  }

  /** Waits for a pause in the appends. Called with the lock, which it lets go. */
  private void gather() throws InterruptedException {
    for (int before = -1; before != appends && !closing && tasks.isEmpty(); ) {
      long left = gatherUntil - System.nanoTime();
      if (left <= 0) {
        return;
      }
      before = appends;
      TimeUnit.NANOSECONDS.timedWait(lock, Math.min(left, PAUSE_NANOS));
    }
  }

  private long untilCommit() {
    return dirty.isEmpty() ? Long.MAX_VALUE : dirtySince + delayNanos - System.nanoTime();
  }

  private void commit(List<FilePartitionLog> logs) {
    long started = now();
    busySince = started;
    metrics.dirtyLogs(logs.size());
    long[] ends = new long[logs.size()];
    for (int i = 0; i < ends.length; i++) {
      ends[i] = logs.get(i).commitEnd(); // before the force: what comes later waits its turn
    }
    boolean all = forceAll(ends.length);
    for (int i = 0; i < ends.length; i++) {
      commit(logs.get(i), ends[i], all);
    }
    busySince = 0;
    committingSince = 0;
    metrics.dirtyLogs(0);
    long took = System.nanoTime() - started;
    metrics.committed(took, logs.size(), records, bytes);
    if (busy) {
      gatherUntil = System.nanoTime() + Math.min(GATHERING_SHARE * took, LONGEST_GATHERING_NANOS);
    }
  }

  private boolean forceAll(int logs) {
    if (suspect) {
      suspect = false;
      return false;
    }
    try {
      return disk.forceAll(logs);
    } catch (IOException e) {
      suspect = true;
      LOGGER
          .atError()
          .addKeyValue("dirtyLogs", logs)
          .setCause(e)
          .log("The file system could not be forced; each log is asked whether it lost something");
      return false;
    }
  }

  private void commit(FilePartitionLog log, long end, boolean forced) {
    try {
      if (forced) {
        log.forced(end);
      } else {
        log.force(disk, end);
      }
      log.complete(end); // forced one by one, each is answered when it is on disk
    } catch (IOException | RuntimeException e) {
      failures.ofLog(log, e);
    }
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
