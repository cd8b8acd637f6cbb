package io.headwater.edge.log;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.process.LastingFolder;
import io.headwater.process.UserError;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The edge log; see the package comment. Thread-safe.
 *
 * <p>An {@link Append} that was taken is told its outcome once. An offset is never given twice, not
 * over restarts, failures or an emptied log.
 */
public final class EdgeLog implements AutoCloseable {

  /** What an opening of a log that is not small may write. */
  private static final long OPENING_BYTES = 256 << 10;

  private final Path folder;
  private final LogFiles files;
  private final Room room;
  private final FlashThrottle throttle;
  private final Retention retention;
  private final SyncPoint synced = new SyncPoint();
  private final CommitFailures failures = new CommitFailures(System::nanoTime);
  private final List<StoredSession> sessions;
  private final List<StoredShare> shares;
  private final List<Incarnation> incarnations;
  private final SealedCheck check;
  private final LogWriter writer;

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
    this.throttle = throttle;
    this.room = new Room(folder, settings.space(), reserve, files::bytes);
    this.retention = new Retention(settings, files, room);
    this.incarnations = List.copyOf(opened.state().incarnations());
    this.sessions = opened.active().tables().heads();
    this.shares = opened.active().tables().shares();
    opened.active().commit(); // the look has begun a transaction
    for (Path sealed : opened.sealed()) {
      files.addSealed(sealed);
    }
    files.add(opened.active().path());
    room.open();
    this.check = new SealedCheck(files, opened.isInOrder() ? List.of() : opened.sealed());
    this.writer =
        new LogWriter(
            settings,
            metrics,
            throttle,
            files,
            room,
            retention,
            synced,
            failures,
            new ActiveFile(folder, pragmas, files, synced, failures, opened));
    metrics.gauges(this::depth, writer::waiting, files::bytes, synced::rowsAhead);
    metrics.room(room::left, reserve::held, () -> room.isFull() ? 1 : 0);
    metrics.syncInterval(throttle::interval);
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
      NewerLog.refuse(folder);
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
      throw cannotBeOpened(folder, e);
    }
  }

  /**
   * For whoever writes into the log's folder before the log is open.
   *
   * @throws UserError if a newer agent wrote the log; nothing has been changed
   */
  public static void requireNotNewer(Path folder) {
    try {
      if (Files.exists(folder)) {
        NewerLog.refuse(folder);
      }
    } catch (IOException e) {
      throw cannotBeOpened(folder, e);
    }
  }

  private static UserError cannotBeOpened(Path folder, Exception cause) {
    return UserError.failure(
        "the log in "
            + folder
            + " cannot be opened: "
            + cause.getMessage()
            + "; look at the folder's owner, its mode and the disk's free space",
        cause);
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
    return writer.offer(append);
  }

  /**
   * Hands changes of state to the writer. There is always room for them: whoever makes them waits
   * for one before the next, or is read from no further.
   */
  public void write(StateWrite write) {
    writer.write(write);
  }

  /** Told the rows of each commit, on the writer's thread; quick, does not throw. */
  public void onRows(Consumer<CommittedRows> listener) {
    writer.onRows(listener);
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
    writer.onCommit(listener);
  }

  /** The life of this log: its offsets mean nothing under another one. */
  public long epoch() {
    return writer.epoch();
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
    return writer.retainedTopics();
  }

  /** How long ago the last commit, or the opening, was. */
  public Duration sinceCommit() {
    return writer.sinceCommit();
  }

  /** The first row that is kept, over all partitions. */
  public long startSeq() {
    return files.firstSeq(endSeq());
  }

  /** Keeps what a reader has not read yet from being deleted. */
  public void hold(LogHold hold) {
    retention.hold(hold);
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
      writer.fail(cause);
    }
    return new IllegalStateException("the log in " + folder + " cannot be read", cause);
  }

  /** Notes what the hub has committed; it becomes deletable. */
  public void settle(StreamPartition partition, OffsetRanges ranges) {
    writer.settle(partition, ranges);
  }

  /** What is known to be settled. */
  public OffsetRanges settled(StreamPartition partition) {
    return writer.settled().getOrDefault(partition, OffsetRanges.EMPTY);
  }

  /**
   * Begins a new life: what is not settled goes under a new epoch from now on. Completes with it
   * once it is on disk, and not before is it used.
   */
  public CompletableFuture<Long> beginEpoch() {
    return writer.beginEpoch();
  }

  /**
   * Before this opening asks a bridge for its state, or sends it a batch, that has to be on disk: a
   * list of openings without one that the bridge knows would look like a copy's. Waits at the first
   * call of each.
   */
  public void reach(boolean sends) {
    writer.reach(sends);
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
    return writer.failed();
  }

  /** What keeps the log from doing its work now. */
  public Optional<String> problem() {
    if (writer.failed().isDone()) {
      return Optional.of("the log in " + folder + " cannot be written");
    }
    return writer.stuckSeconds().map(seconds -> "no commit has succeeded for " + seconds + " s");
  }

  /** Why readings are refused for want of room; empty if none are. */
  public Optional<String> fullness() {
    return room.problem();
  }

  /** Commits what waits, then closes. */
  @Override
  public void close() {
    try {
      writer.stop();
      check.stop();
      writer.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException | IOException e) {
      throw new IllegalStateException("the log in " + folder + " did not close cleanly", e);
    }
  }

  /** A copy for status pages: partition, end and settled. */
  public Map<StreamPartition, OffsetRanges> settled() {
    return new HashMap<>(writer.settled());
  }
}
