package io.headwater.edge.log;

import io.headwater.process.Threads;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that writes the log: it commits as many waiting writes as there are in one
 * transaction, tells each what became of it, and keeps house between them.
 *
 * <p>What others may ask is thread-safe; what changes the file is confined to the thread.
 */
final class LogWriter {
  private static final Logger LOGGER = LoggerFactory.getLogger(LogWriter.class);
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long HOUSEKEEPING_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What a new file takes, in it and ahead of it: with less, giving one up brings nothing. */
  private static final long NEW_FILE_BYTES = 256 << 10;

  /** How often it is looked whether a file is full while it fills. */
  private static final int LOOKS_A_FILE = 16;

  /** How often a commit is tried that finds the disk full. */
  private static final int MOST_TRIES = 5;

  private final LogSettings settings;
  private final EdgeLogMetrics metrics;
  private final WriteQueue queue;
  private final FlashThrottle throttle;
  private final LogFiles files;
  private final Room room;
  private final Retention retention;
  private final GivingUp givingUp;
  private final SyncPoint synced;
  private final CommitFailures failures;
  private final ActiveFile active;
  private final Contacts contacts = new Contacts(System::nanoTime);
  private final List<Runnable> commitListeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<CommittedRows>> rowListeners = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private final AtomicLong waitingSinceNanos = new AtomicLong(-1);
  private final AtomicReference<@Nullable CompletableFuture<Long>> newLife =
      new AtomicReference<>();

  /** What the hub has; written to the file now and then. */
  private final Map<StreamPartition, OffsetRanges> settled = new ConcurrentHashMap<>();

  private final Thread thread;
  private volatile long epoch;
  private volatile long retainedTopics;
  private volatile long committedNanos = System.nanoTime();
  private volatile boolean settledChanged;
  private volatile boolean closing;

  private long housekeepingNanos = System.nanoTime();
  private long bytesSinceLook;
  private long rollAgainNanos = System.nanoTime();

  /** Begins to write. */
  LogWriter(
      LogSettings settings,
      EdgeLogMetrics metrics,
      FlashThrottle throttle,
      LogFiles files,
      Room room,
      Retention retention,
      SyncPoint synced,
      CommitFailures failures,
      ActiveFile active) {
    this.settings = settings;
    this.metrics = metrics;
    this.queue = new WriteQueue(settings.queue());
    this.throttle = throttle;
    this.files = files;
    this.room = room;
    this.retention = retention;
    this.synced = synced;
    this.failures = failures;
    this.active = active;
    this.givingUp =
        new GivingUp(
            files, room, metrics, () -> Map.copyOf(settled), active::checkpoint, this::sealForRoom);
    this.epoch = active.state().epoch();
    this.retainedTopics = active.state().retained().topics();
    this.settled.putAll(active.state().settled());
    this.thread = Threads.start("edge-log-writer-0", this::run);
  }

  /** As {@link EdgeLog#offer}. */
  boolean offer(Append append) {
    if (closing || failed.isDone()) {
      append.done().accept(Append.Outcome.FAILED);
      return true;
    }
    if (room.refusesAtOnce(append)) {
      append.done().accept(Append.Outcome.DISK_FULL);
      return true;
    }
    waitingSinceNanos.compareAndSet(-1, System.nanoTime());
    if (!queue.offer(append)) {
      return false;
    }
    if (append.durability() == Durability.MEMORY) {
      append.done().accept(Append.Outcome.QUEUED);
    }
    return true;
  }

  /** As {@link EdgeLog#write}. */
  void write(StateWrite write) {
    if (closing || failed.isDone()) {
      WriteGroup.refuse(write);
      return;
    }
    waitingSinceNanos.compareAndSet(-1, System.nanoTime());
    queue.add(write);
  }

  /** How many writes wait. */
  int waiting() {
    return queue.size();
  }

  void onRows(Consumer<CommittedRows> listener) {
    rowListeners.add(listener);
  }

  void onCommit(Runnable listener) {
    commitListeners.add(listener);
  }

  long epoch() {
    return epoch;
  }

  long retainedTopics() {
    return retainedTopics;
  }

  Duration sinceCommit() {
    return Duration.ofNanos(System.nanoTime() - committedNanos);
  }

  /** Notes what the hub has committed. */
  void settle(StreamPartition partition, OffsetRanges ranges) {
    settled.merge(partition, ranges, OffsetRanges::union);
    settledChanged = true;
  }

  /** What the hub has; changes under way. */
  Map<StreamPartition, OffsetRanges> settled() {
    return settled;
  }

  /** As {@link EdgeLog#beginEpoch}. */
  CompletableFuture<Long> beginEpoch() {
    var begun = new CompletableFuture<Long>();
    CompletableFuture<Long> before = newLife.compareAndExchange(null, begun);
    if (before == null && failed.isDone()) {
      begun.completeExceptionally(new IllegalStateException("the log cannot be written"));
    }
    return before == null ? begun : before;
  }

  /** As {@link EdgeLog#reach}. */
  void reach(boolean sends) {
    contacts.note(sends ? Contacts.Kind.SENT : Contacts.Kind.ASKED);
  }

  /** Completes exceptionally when nothing can be written any more. */
  CompletableFuture<Void> failed() {
    return failed;
  }

  /** For how long commits have failed, in seconds, if it is too long. */
  Optional<Long> stuckSeconds() {
    long since = waitingSinceNanos.get();
    long waited = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - since);
    return since != -1 && waited >= 10 ? Optional.of(waited) : Optional.empty();
  }

  private void run() {
    var group = new ArrayList<Write>();
    try {
      while (!closing || !queue.isEmpty()) {
        queue.collect(
            group,
            Math.min(IDLE_NANOS, forcingIsDueIn()),
            settings.linger().toNanos(),
            throttle.lingerNanos());
        if (!group.isEmpty()) {
          commit(group);
          group.clear();
        }
        if (isForcingDue()) {
          force();
        }
        if (newLife.get() != null) {
          writeEpoch();
        }
        writeContacts();
        if (System.nanoTime() - housekeepingNanos > HOUSEKEEPING_NANOS) {
          housekeeping();
        }
      }
      if (synced.isBehind()) {
        force();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      fail(e);
    } finally {
      group.forEach(WriteGroup::refuse);
      queue.takeAll().forEach(WriteGroup::refuse);
    }
  }

  private boolean isForcingDue() {
    return forcingIsDueIn() == 0;
  }

  private long forcingIsDueIn() {
    return synced.nanosLeft(throttle.syncNanos(), Long.MAX_VALUE);
  }

  /** Forces to disk what is committed already. */
  private void force() {
    try {
      active.force();
      metrics.forcedByTime();
      throttle.committed(List.of());
      succeeded();
      commitListeners.forEach(Runnable::run);
    } catch (SQLException e) {
      failures.failed(0, e);
      waitingSinceNanos.compareAndSet(-1, System.nanoTime());
      rollback();
      synced.postpone();
      givingUp.afterFailure(e);
    }
  }

  private void commit(List<Write> writes) {
    if (room.isToBeMeasured()) {
      givingUp.look();
    }
    var group = new WriteGroup(writes, active.state(), metrics, room);
    Append.Outcome outcome = write(group, writes.size());
    for (int i = 1;
        i < MOST_TRIES && outcome == Append.Outcome.DISK_FULL && givingUp.makeRoom(group.bytes());
        i++) {
      group = new WriteGroup(writes, active.state(), metrics, room);
      outcome = write(group, writes.size());
    }
    if (outcome == Append.Outcome.COMMITTED) {
      committed(group);
      throttle.committed(writes);
      metrics.refused(group.refused());
    } else {
      metrics.refused(writes.size());
      if (outcome == Append.Outcome.DISK_FULL) {
        failures.failed(writes.size(), new SQLException("the disk is full, the reserve used up"));
      }
    }
    group.tell(outcome);
    commitListeners.forEach(Runnable::run);
    if (bytesSinceLook > settings.fileSize().bytes() / LOOKS_A_FILE) {
      rollIfFull();
    }
  }

  private Append.Outcome write(WriteGroup group, int writes) {
    long started = System.nanoTime();
    boolean forced = group.mustBeForced() || isForcingDue();
    try {
      Append.Outcome outcome = active.write(group, forced, writes, room.checkpointPages());
      if (outcome == Append.Outcome.COMMITTED) {
        metrics.committed(group.rows().size(), System.nanoTime() - started, forced);
      }
      return outcome;
    } catch (SQLException e) {
      fail(e);
      return Append.Outcome.FAILED;
    }
  }

  private void committed(WriteGroup group) {
    succeeded();
    room.used(group.bytes());
    bytesSinceLook += group.bytes() + Room.COMMIT_OVERHEAD;
    group
        .discards()
        .counts()
        .forEach((sort, count) -> metrics.discarded(sort.policy(), sort.reason(), count));
    retainedTopics = active.state().retained().topics();
    if (!group.rows().isEmpty() && !rowListeners.isEmpty()) {
      CommittedRows rows = group.committed();
      rowListeners.forEach(listener -> listener.accept(rows));
    }
  }

  private void succeeded() {
    failures.succeeded();
    committedNanos = System.nanoTime();
    waitingSinceNanos.set(-1);
    if (!queue.isEmpty()) {
      waitingSinceNanos.compareAndSet(-1, System.nanoTime());
    }
  }

  private void rollIfFull() {
    bytesSinceLook = 0;
    if (System.nanoTime() - rollAgainNanos < 0) {
      return;
    }
    try {
      if (active.isFull(room.fileSize(settings.fileSize().bytes())) && room.allowsNewFile()) {
        roll();
      }
    } catch (SQLException e) {
      rollAgainNanos = System.nanoTime() + HOUSEKEEPING_NANOS;
      LOGGER.atDebug().setCause(e).log("A new file could not be begun");
      rollback();
      givingUp.afterFailure(e);
    }
  }

  /**
   * Begins a new file though there is no room, so that readings of this one can be given up: the
   * reserve pays for it until they are. Whether there is a new one.
   */
  private boolean sealForRoom() {
    try {
      if (active.isEmpty()
          || active.size() < NEW_FILE_BYTES
          || !files.mayGiveUpActive(Map.copyOf(settled), active.state().ends())) {
        return false;
      }
      room.giveFor(NEW_FILE_BYTES);
      return roll();
    } catch (SQLException e) {
      LOGGER.atDebug().setCause(e).log("A new file could not be begun");
      rollback();
      return false;
    }
  }

  /** False if what is committed cannot be forced. */
  private boolean roll() throws SQLException {
    if (synced.isBehind()) {
      force();
    }
    if (synced.isBehind()) {
      return false;
    }
    active.roll();
    room.freed();
    return true;
  }

  private void housekeeping() {
    housekeepingNanos = System.nanoTime();
    throttle.look();
    try {
      tryAgain();
      if (settledChanged) {
        settledChanged = false;
        active.writeSettled(settled);
      }
      rollIfFull();
      retention.apply(active, Map.copyOf(settled));
    } catch (SQLException e) {
      settledChanged = true;
      LOGGER.atWarn().addKeyValue("error", e.getMessage()).log("Housekeeping of the log failed");
      rollback();
      givingUp.afterFailure(e);
    }
    givingUp.look();
  }

  /**
   * A commit has failed and nobody has come with the next: whether one would succeed now has to be
   * tried, or the log would count as failing until somebody does.
   */
  private void tryAgain() {
    if (waitingSinceNanos.get() != -1 && queue.isEmpty()) {
      force();
    }
  }

  private void writeContacts() {
    try {
      active.writeContacts(contacts);
    } catch (SQLException e) {
      rollback();
      givingUp.afterFailure(e);
    }
  }

  private void writeEpoch() {
    CompletableFuture<Long> begun = newLife.get();
    if (begun == null) {
      return;
    }
    try {
      epoch = active.writeEpoch(settled);
      newLife.set(null);
      begun.complete(epoch);
    } catch (SQLException e) {
      newLife.set(null);
      begun.completeExceptionally(e);
      rollback();
      givingUp.afterFailure(e);
    }
  }

  private void rollback() {
    try {
      active.rollback();
    } catch (SQLException e) {
      fail(e);
    }
  }

  /** From any thread: nothing more is written. */
  void fail(Throwable cause) {
    LOGGER.atError().setCause(cause).log("The log cannot be written any more");
    failed.completeExceptionally(cause);
  }

  /** Commits what waits, then ends; the file stays open. */
  void stop() throws InterruptedException {
    closing = true;
    thread.join();
  }

  /** Once it has ended: writes what is left to note, and closes the file. */
  void close() throws SQLException, IOException {
    if (settledChanged) {
      housekeeping();
    }
    files.close();
    active.close(!failed.isDone());
  }
}
