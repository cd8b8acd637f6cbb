package io.headwater.edge.log;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.process.LastingFolder;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
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
 * The edge log; see the package comment. Thread-safe.
 *
 * <p>An {@link Append} that was taken is told its outcome once. An offset is never given twice, not
 * over restarts, failures or an emptied log.
 */
public final class EdgeLog implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(EdgeLog.class);
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** What an opening of a log that is not small may write. */
  private static final long OPENING_BYTES = 256 << 10;

  /** What a new file takes, in it and ahead of it: with less, giving one up brings nothing. */
  private static final long NEW_FILE_BYTES = 256 << 10;

  /** How often it is looked whether a file is full while it fills. */
  private static final int LOOKS_A_FILE = 16;

  /** How often a commit is tried that finds the disk full. */
  private static final int MOST_TRIES = 5;

  private static final long HOUSEKEEPING_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What the sessions have not got. */
  private record SessionsHold(long neededSeq, long mostBytes) implements LogHold {}

  private final Path folder;
  private final LogSettings settings;
  private final EdgeLogMetrics metrics;
  private final List<String> pragmas;
  private final WriteQueue queue;
  private final FlashThrottle throttle;
  private final LogFiles files;
  private final Room room;
  private final GivingUp givingUp;
  private final List<Runnable> commitListeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<CommittedRows>> rowListeners = new CopyOnWriteArrayList<>();
  private final List<StoredSession> sessions;
  private final List<StoredShare> shares;
  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private final AtomicLong waitingSinceNanos = new AtomicLong(-1);
  private volatile long epoch;
  private final List<Incarnation> incarnations;

  /** What the hub has; written to the file by the writer now and then. */
  private final Map<StreamPartition, OffsetRanges> settled = new ConcurrentHashMap<>();

  private final List<LogHold> holds = new CopyOnWriteArrayList<>();
  private final SyncPoint synced = new SyncPoint();
  private volatile long retainedTopics;
  private volatile long committedNanos = System.nanoTime();
  private volatile boolean settledChanged;
  private volatile boolean closing;
  private final AtomicReference<@Nullable CompletableFuture<Long>> newLife =
      new AtomicReference<>();
  private final Contacts contacts = new Contacts(System::nanoTime);
  private final CommitFailures failures = new CommitFailures(System::nanoTime);
  private final SealedCheck check;
  private final Thread writer;

  // Confined to the writer's thread once it runs.
  private LogFile active;
  private LogState state;
  private long housekeepingNanos = System.nanoTime();
  private long bytesSinceLook;
  private long rollAgainNanos = System.nanoTime();
  private final LogEnd end;

  private EdgeLog(
      Path folder,
      LogSettings settings,
      EdgeLogMetrics metrics,
      List<String> pragmas,
      DeviceClock clock,
      Reserve reserve,
      FlashThrottle throttle,
      LogOpening.Opened opened)
      throws IOException, SQLException {
    this.folder = folder;
    this.files = new LogFiles(folder, clock);
    this.settings = settings;
    this.queue = new WriteQueue(settings.queue());
    this.throttle = throttle;
    this.metrics = metrics;
    this.pragmas = pragmas;
    this.room = new Room(folder, settings.space(), reserve, files::bytes);
    this.givingUp =
        new GivingUp(
            files, room, metrics, () -> Map.copyOf(settled), this::checkpoint, this::sealForRoom);
    this.active = opened.active();
    this.state = opened.state();
    this.end = opened.end();
    this.epoch = state.epoch();
    this.incarnations = List.copyOf(state.incarnations());
    this.synced.forced(state); // the opening has committed, whatever was before
    this.retainedTopics = state.retained().topics();
    this.settled.putAll(state.settled());
    this.sessions = active.tables().heads();
    this.shares = active.tables().shares();
    active.commit();
    for (Path sealed : opened.sealed()) {
      files.addSealed(sealed);
    }
    files.add(active.path());
    room.open();
    metrics.gauges(this::depth, queue::size, files::bytes, synced::rowsAhead);
    metrics.room(room::left, reserve::held, () -> room.isFull() ? 1 : 0);
    metrics.syncInterval(throttle::interval);
    this.check = new SealedCheck(files, opened.isInOrder() ? List.of() : opened.sealed());
    this.writer = Threads.start("edge-log-writer-0", this::run);
  }

  /**
   * Opens the log, making it where there is none.
   *
   * @param clock by which readings get their times when they are read, and their ages
   * @throws UserError if the folder cannot be used, or a newer agent wrote it
   */
  public static EdgeLog open(
      Path folder, LogSettings settings, EdgeLogMetrics metrics, DeviceClock clock) {
    return open(folder, settings, metrics, List.of(), clock, FlashThrottle.of(settings));
  }

  /** As above, where nobody knows the time: no reading is deleted for its age. */
  public static EdgeLog open(Path folder, LogSettings settings, EdgeLogMetrics metrics) {
    return open(folder, settings, metrics, List.of());
  }

  /** For tests, which make the disk small. */
  static EdgeLog open(
      Path folder, LogSettings settings, EdgeLogMetrics metrics, List<String> pragmas) {
    return open(folder, settings, metrics, pragmas, DeviceClock.none(), FlashThrottle.of(settings));
  }

  /** For tests, which move its time. */
  static EdgeLog open(
      Path folder, LogSettings settings, EdgeLogMetrics metrics, FlashThrottle throttle) {
    return open(folder, settings, metrics, List.of(), DeviceClock.none(), throttle);
  }

  private static EdgeLog open(
      Path folder,
      LogSettings settings,
      EdgeLogMetrics metrics,
      List<String> pragmas,
      DeviceClock clock,
      FlashThrottle throttle) {
    try {
      LastingFolder.make(folder);
      FileRemains.clear(folder);
      var reserve = new Reserve(folder);
      return new EdgeLog(
          folder,
          settings,
          metrics,
          pragmas,
          clock,
          reserve,
          throttle,
          open(folder, pragmas, reserve));
    } catch (IOException | SQLException e) {
      throw UserError.failure(
          "the log in "
              + folder
              + " cannot be opened: "
              + e.getMessage()
              + "; look at the folder's owner, its mode and the disk's free space",
          e);
    }
  }

  /** On a full disk an opening notes itself in what the reserve gives back. */
  private static LogOpening.Opened open(Path folder, List<String> pragmas, Reserve reserve)
      throws IOException, SQLException {
    while (true) {
      try {
        return LogOpening.open(folder, pragmas);
      } catch (SQLException e) {
        if (!LogFile.isFull(e) || reserve.release(OPENING_BYTES) == 0) {
          throw e;
        }
      }
    }
  }

  /**
   * Hands a reading to the writer; false if its queue is full, by number or by bytes: then nothing
   * was taken.
   */
  public boolean offer(Append append) {
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

  /**
   * Hands changes of state to the writer. There is always room for them: whoever makes them waits
   * for one before the next, or is read from no further.
   */
  public void write(StateWrite write) {
    if (closing || failed.isDone()) {
      WriteGroup.refuse(write);
      return;
    }
    waitingSinceNanos.compareAndSet(-1, System.nanoTime());
    queue.add(write);
  }

  /** Told the rows of each commit, on the writer's thread; quick, does not throw. */
  public void onRows(Consumer<CommittedRows> listener) {
    rowListeners.add(listener);
  }

  /** The sessions that were there at opening, without what belongs to them. */
  public List<StoredSession> sessions() {
    return sessions;
  }

  /** The shared subscriptions that were there at opening. */
  public List<StoredShare> shares() {
    return shares;
  }

  /**
   * Committed rows of all partitions from a seq on, in the order of writing; none if there are no
   * more. For readers whose own state stands in this log: a power cut may still take the newest.
   * Reads the disk: not for event loops.
   */
  public LogRows rows(long from, int maxRows, int maxBytes) {
    try {
      return files.rows(from, maxRows, maxBytes);
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }

  /**
   * As {@link #rows}, of what is forced to disk: for readers that carry rows elsewhere, or note
   * elsewhere how far they are.
   */
  public LogRows forcedRows(long from, int maxRows, int maxBytes) {
    long end = synced.endSeq();
    return from >= end
        ? new LogRows(List.of(), from, 0)
        : rows(from, (int) Math.min(maxRows, end - from), maxBytes).below(end, from);
  }

  /**
   * Retained messages in the order of their topics. Reads the disk: not for event loops.
   *
   * @param after a topic; those behind it are wanted
   * @param prefix of all topics wanted
   */
  public List<LogRow> retained(String after, String prefix, int maxRows, int maxBytes) {
    try {
      return files.retained(after, prefix, maxRows, maxBytes);
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }

  /** Runs after each commit, on the writer's thread. */
  public void onCommit(Runnable listener) {
    commitListeners.add(listener);
  }

  /** The life of this log: its offsets mean nothing under another one. */
  public long epoch() {
    return epoch;
  }

  /** All known openings, the present one last. */
  public List<Incarnation> incarnations() {
    return incarnations;
  }

  /**
   * The end of what is forced to disk, exclusive, of each partition. What is committed behind it
   * does not leave the device: a power cut may take it, and its offsets would be given anew.
   */
  public Map<StreamPartition, Long> ends() {
    return synced.ends();
  }

  /** The end of what is forced to disk, exclusive, over all partitions. */
  public long endSeq() {
    return synced.endSeq();
  }

  /** The end of what is committed, exclusive, over all partitions: of {@link #rows}. */
  public long committedSeq() {
    return synced.committedSeq();
  }

  /** After so long readings of other classes than {@code fsync} are on disk at the latest, now. */
  public Duration syncInterval() {
    return throttle.interval();
  }

  /** How many topics have a retained message. */
  public long retainedTopics() {
    return retainedTopics;
  }

  /** How long ago the last commit, or the opening, was. */
  public Duration sinceCommit() {
    return Duration.ofNanos(System.nanoTime() - committedNanos);
  }

  /** The first row that is kept, over all partitions. */
  public long startSeq() {
    return files.firstSeq(endSeq());
  }

  /** Keeps what a reader has not read yet from being deleted. */
  public void hold(LogHold hold) {
    holds.add(hold);
  }

  /** The first offset that is kept. */
  public long start(StreamPartition partition) {
    try {
      return files.start(partition, ends().getOrDefault(partition, 0L));
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }

  /**
   * Rows and gaps from an offset on, of what is forced to disk: as many as fit, at least one row or
   * gap while the offset is below the end. Reads the disk: not for event loops.
   */
  public LogSlice read(StreamPartition partition, long from, int maxRecords, int maxBytes) {
    try {
      return files.read(partition, from, ends().getOrDefault(partition, 0L), maxRecords, maxBytes);
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }

  /**
   * The first offset captured at a time or later, as far as that is known now; {@code end} if there
   * is none. Goes through the whole log: slow.
   */
  public long offsetSince(StreamPartition partition, long millis, long end) {
    try {
      return files.offsetSince(partition, millis, end);
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }

  /** A damaged active file ends the process: its next start puts the file aside. */
  private IllegalStateException unreadable(SQLException cause) {
    if (DamagedFile.is(cause)) {
      fail(cause);
    }
    return new IllegalStateException("the log in " + folder + " cannot be read", cause);
  }

  /** Notes what the hub has committed; it becomes deletable. */
  public void settle(StreamPartition partition, OffsetRanges ranges) {
    settled.merge(partition, ranges, OffsetRanges::union);
    settledChanged = true;
  }

  /** What is known to be settled. */
  public OffsetRanges settled(StreamPartition partition) {
    return settled.getOrDefault(partition, OffsetRanges.EMPTY);
  }

  /**
   * Begins a new life: what is not settled goes under a new epoch from now on. Completes with it
   * once it is on disk, and not before is it used.
   */
  public CompletableFuture<Long> beginEpoch() {
    var begun = new CompletableFuture<Long>();
    CompletableFuture<Long> before = newLife.compareAndExchange(null, begun);
    if (before == null && failed.isDone()) {
      begun.completeExceptionally(new IllegalStateException("the log cannot be written"));
    }
    return before == null ? begun : before;
  }

  /**
   * Before this opening asks a bridge for its state, or sends it a batch, that has to be on disk: a
   * list of openings without one that the bridge knows would look like a copy's. Waits at the first
   * call of each.
   */
  public void reach(boolean sends) {
    contacts.note(sends ? Contacts.Kind.SENT : Contacts.Kind.ASKED);
  }

  /** Readings committed and not yet settled. */
  public long depth() {
    return depths().values().stream().mapToLong(Long::longValue).sum();
  }

  /** The same of each partition. */
  public Map<StreamPartition, Long> depths() {
    var depths = new HashMap<StreamPartition, Long>();
    ends()
        .forEach((partition, end) -> depths.put(partition, end - settled(partition).count(0, end)));
    return depths;
  }

  /** The last commit that failed since the opening, if one has. */
  public Optional<CommitFailure> lastFailure() {
    return failures.last();
  }

  /** Completes exceptionally when the log can no longer be written. */
  public CompletableFuture<Void> failed() {
    return failed;
  }

  /** What keeps the log from doing its work now. */
  public Optional<String> problem() {
    if (failed.isDone()) {
      return Optional.of("the log in " + folder + " cannot be written");
    }
    long since = waitingSinceNanos.get();
    long waited = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - since);
    return since != -1 && waited >= 10
        ? Optional.of("no commit has succeeded for " + waited + " s")
        : Optional.empty();
  }

  /** Why readings are refused for want of room; empty if none are. */
  public Optional<String> fullness() {
    return room.problem();
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
      active.writeMark();
      active.commit();
      noteForced();
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
    var group = new WriteGroup(writes, state, metrics, room);
    Append.Outcome outcome = write(group, writes.size());
    for (int i = 1;
        i < MOST_TRIES && outcome == Append.Outcome.DISK_FULL && givingUp.makeRoom(group.bytes());
        i++) {
      group = new WriteGroup(writes, state, metrics, room);
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

  private void rollIfFull() {
    bytesSinceLook = 0;
    if (System.nanoTime() - rollAgainNanos < 0) {
      return;
    }
    try {
      if (isFull() && room.allowsNewFile()) {
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
   * reserve pays for it until they are.
   */
  private boolean sealForRoom() {
    Path sealed = active.path();
    try {
      if (state.nextSeq() == LogFiles.baseSeq(sealed)
          || active.size() < NEW_FILE_BYTES
          || !files.mayGiveUpActive(Map.copyOf(settled), state.ends())) {
        return false;
      }
      room.giveFor(NEW_FILE_BYTES);
      roll();
    } catch (SQLException e) {
      LOGGER.atDebug().setCause(e).log("A new file could not be begun");
      rollback();
    }
    return !active.path().equals(sealed);
  }

  private Append.Outcome write(WriteGroup group, int size) {
    long started = System.nanoTime();
    boolean forced = group.mustBeForced() || isForcingDue();
    try {
      active.checkpointEvery(room.checkpointPages());
      active.force(forced);
      group.writeTo(active);
      if (forced && !group.hasWritten() && synced.isBehind()) {
        active.writeMark();
      }
      active.commit();
      active.force(true); // all other commits are
    } catch (SQLException e) {
      return afterFailure(e, group.before(), size);
    }
    metrics.committed(group.rows().size(), System.nanoTime() - started, forced);
    if (forced) {
      noteForced();
    } else {
      end.note(state, false);
      synced.committed(state);
    }
    return Append.Outcome.COMMITTED;
  }

  private void committed(WriteGroup group) {
    succeeded();
    room.used(group.bytes());
    bytesSinceLook += group.bytes() + Room.COMMIT_OVERHEAD;
    group
        .discards()
        .counts()
        .forEach((sort, count) -> metrics.discarded(sort.policy(), sort.reason(), count));
    retainedTopics = state.retained().topics();
    if (!group.rows().isEmpty() && !rowListeners.isEmpty()) {
      CommittedRows rows = group.committed();
      rowListeners.forEach(listener -> listener.accept(rows));
    }
  }

  private void checkpoint() {
    try {
      active.checkpoint();
    } catch (SQLException e) {
      LOGGER.atDebug().setCause(e).log("A checkpoint failed");
    }
  }

  /** First where it can be found again: from the other on it may leave the device. */
  private void noteForced() {
    end.note(state, true);
    synced.forced(state);
  }

  private void succeeded() {
    failures.succeeded();
    committedNanos = System.nanoTime();
    waitingSinceNanos.set(-1);
    if (!queue.isEmpty()) {
      waitingSinceNanos.compareAndSet(-1, System.nanoTime());
    }
  }

  /** Takes the counters back if the group is certainly not on disk; otherwise looks what is. */
  private Append.Outcome afterFailure(SQLException cause, WriteGroup.Counters before, int size) {
    boolean full = LogFile.isFull(cause);
    if (!full) {
      failures.failed(size, cause);
    }
    try {
      active.clearInserts();
      active.rollback();
      active.force(true);
      if (full) {
        state.takeBack(before);
        return Append.Outcome.DISK_FULL;
      }
      return lookAfter(before);
    } catch (SQLException e) {
      try {
        // SQLite may have rolled back by itself, and then refuses to do it again.
        Append.Outcome found = lookAfter(before);
        return full && found == Append.Outcome.FAILED ? Append.Outcome.DISK_FULL : found;
      } catch (SQLException again) {
        again.addSuppressed(e);
        fail(again);
        return Append.Outcome.FAILED;
      }
    }
  }

  /** Opens the file anew: what it holds is what happened. */
  private Append.Outcome lookAfter(WriteGroup.Counters before) throws SQLException {
    try {
      active.close();
    } catch (SQLException e) {
      LOGGER.atDebug().setCause(e).log("The file did not close");
    }
    var found = new LogState(epoch);
    active = LogFile.open(active.path(), found, pragmas);
    if (!active.isEndKnown()) {
      // The next start goes on behind all that can have been.
      throw DamagedFile.found("the last rows of " + active.path() + " cannot be read");
    }
    boolean committed =
        found.nextSeq() > before.nextSeq()
            || found.changes() > before.changes()
            || !found.ends().equals(before.ends());
    state = found;
    if (committed) {
      // Reading it back does not tell whether it is on the disk; what is written now forces it.
      active.writeMark();
      active.commit();
      noteForced();
    }
    return committed ? Append.Outcome.COMMITTED : Append.Outcome.FAILED;
  }

  private void housekeeping() {
    housekeepingNanos = System.nanoTime();
    throttle.look();
    try {
      tryAgain();
      if (settledChanged) {
        settledChanged = false;
        state.settled().clear();
        state.settled().putAll(settled);
        active.writeSettled(state);
        active.commit();
      }
      rollIfFull();
      if (files.bytes() > settings.retention().bytes()
          || settings.retentionAge().isPresent()
          || room.isScarce()) {
        applyRetention();
      }
    } catch (SQLException e) {
      settledChanged = true;
      LOGGER.atWarn().addKeyValue("error", e.getMessage()).log("Housekeeping of the log failed");
      rollback();
      givingUp.afterFailure(e);
    }
    givingUp.look();
  }

  private void applyRetention() throws SQLException {
    var readers = new ArrayList<>(holds);
    readers.add(
        new SessionsHold(
            active.tables().lowestNeeded(state.nextSeq()), settings.sessionBacklog().bytes()));
    active.commit();
    boolean scarce = room.isScarce();
    files.applyRetention(
        (oldest, bytes) ->
            bytes > settings.retention().bytes()
                || isOld(oldest)
                || (scarce && room.isNearlyScarce()),
        Map.copyOf(settled),
        readers);
  }

  /** As far as the clock can tell for certain. */
  private boolean isOld(Path file) throws SQLException {
    return settings.retentionAge().isPresent()
        && files.leastAgeMs(file) > settings.retentionAge().orElseThrow().toMillis();
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

  private void rollback() {
    try {
      active.rollback();
    } catch (SQLException e) {
      fail(e);
    }
  }

  private void writeContacts() {
    try {
      contacts.write(active, state);
    } catch (SQLException e) {
      rollback();
      givingUp.afterFailure(e);
    }
  }

  /** The state that a new file begins with does not count: it would be full at once. */
  private boolean isFull() throws SQLException {
    return state.nextSeq() > LogFiles.baseSeq(active.path())
        && active.size()
            > room.fileSize(settings.fileSize().bytes())
                + 2 * state.retained().bytes()
                + active.ids().bytes();
  }

  private void writeEpoch() {
    CompletableFuture<Long> begun = newLife.get();
    if (begun == null) {
      return;
    }
    long before = state.epoch();
    try {
      state.setEpoch(new SecureRandom().nextLong());
      state.settled().clear();
      state.settled().putAll(settled);
      active.writeEpoch(state);
      active.writeSettled(state);
      active.commit();
      active.checkpoint();
      end.renew(state);
    } catch (SQLException e) {
      // Whether it is on disk or not: an epoch that nobody has heard of does no harm.
      state.setEpoch(before);
      newLife.set(null);
      begun.completeExceptionally(e);
      rollback();
      givingUp.afterFailure(e);
      return;
    }
    epoch = state.epoch();
    Optional<Path> previous = files.before(active.path());
    // Should the active file be lost, this one takes its place.
    previous.ifPresent(path -> LogFile.noteLife(path, state));
    newLife.set(null);
    begun.complete(epoch);
  }

  private void roll() throws SQLException {
    if (synced.isBehind()) {
      force(); // the new file must not know of rows that the old one can still lose
      if (synced.isBehind()) {
        return;
      }
    }
    LogFile next =
        LogFile.create(LogFiles.path(folder, state.nextSeq()), state, Map.of(), active, pragmas);
    active.commit(); // the copying has begun a transaction
    try {
      files.add(next.path()); // first: a row that nobody can read would be told as a gap
    } catch (SQLException e) {
      next.close();
      LogFiles.delete(next.path());
      throw e;
    }
    LogFile sealed = active;
    active = next;
    state.setChanges(0);
    room.freed();
    sealed.seal();
  }

  private void fail(Throwable cause) {
    LOGGER.atError().setCause(cause).log("The log cannot be written any more");
    failed.completeExceptionally(cause);
  }

  /** Commits what waits, then closes. */
  @Override
  public void close() {
    closing = true;
    try {
      writer.join();
      check.stop();
      if (settledChanged) {
        housekeeping();
      }
      files.close();
      active.close();
      end.close(state, !failed.isDone());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException | IOException e) {
      throw new IllegalStateException("the log in " + folder + " did not close cleanly", e);
    }
  }

  /** A copy for status pages: partition, end and settled. */
  public Map<StreamPartition, OffsetRanges> settled() {
    return new HashMap<>(settled);
  }
}
