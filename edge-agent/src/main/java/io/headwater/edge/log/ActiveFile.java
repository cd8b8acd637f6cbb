package io.headwater.edge.log;

import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file that is written to, and the state of the log as of its last commit. When it is full the
 * next takes its place, and begins with all of that state. Confined to the writer's thread.
 */
final class ActiveFile {
  private static final Logger LOGGER = LoggerFactory.getLogger(ActiveFile.class);

  private final Path folder;
  private final List<String> pragmas;
  private final LogFiles files;
  private final SyncPoint synced;
  private final CommitFailures failures;
  private final LogEnd end;
  private LogFile file;
  private LogState state;

  /**
   * @param files told of each file that is begun
   * @param synced told of each commit
   * @param failures told of commits that fail
   */
  ActiveFile(
      Path folder,
      List<String> pragmas,
      LogFiles files,
      SyncPoint synced,
      CommitFailures failures,
      LogOpening.Opened opened) {
    this.folder = folder;
    this.pragmas = pragmas;
    this.files = files;
    this.synced = synced;
    this.failures = failures;
    this.end = opened.end();
    this.file = opened.active();
    this.state = opened.state();
    synced.forced(state); // the opening has committed, whatever was before
  }

  LogState state() {
    return state;
  }

  Path path() {
    return file.path();
  }

  long size() throws SQLException {
    return file.size();
  }

  /** Whether it has no rows. */
  boolean isEmpty() {
    return state.nextSeq() == LogFolder.baseSeq(file.path());
  }

  /**
   * Whether it has rows of so many bytes. The state that a file begins with does not count: it
   * would be full at once.
   */
  boolean isFull(long bytes) throws SQLException {
    return !isEmpty() && size() > bytes + 2 * state.retained().bytes() + file.ids().bytes();
  }

  /** The first row that a session still needs. */
  long lowestNeeded() throws SQLException {
    long needed = file.tables().lowestNeeded(state.nextSeq());
    file.commit(); // the look has begun a transaction
    return needed;
  }

  /**
   * Commits a group. Where the commit fails it is certain afterwards whether it is on disk.
   *
   * @param forced whether it is forced to disk
   * @param writes how many the group is made of
   * @param checkpointPages after which what is written ahead of the file goes into it
   * @throws SQLException if that cannot be found out: nothing more can be written then
   */
  Append.Outcome write(WriteGroup group, boolean forced, int writes, int checkpointPages)
      throws SQLException {
    try {
      file.checkpointEvery(checkpointPages);
      file.force(forced);
      group.writeTo(file);
      if (forced && !group.hasWritten() && synced.isBehind()) {
        file.writeMark();
      }
      file.commit();
      file.force(true); // all other commits are
    } catch (SQLException e) {
      return afterFailure(e, group.before(), writes);
    }
    if (forced) {
      noteForced();
    } else {
      end.note(state, false);
      synced.committed(state);
    }
    return Append.Outcome.COMMITTED;
  }

  /** Takes the counters back if the group is certainly not on disk; otherwise looks what is. */
  private Append.Outcome afterFailure(SQLException cause, WriteGroup.Counters before, int writes)
      throws SQLException {
    boolean full = LogFile.isFull(cause);
    if (!full) {
      failures.failed(writes, cause);
    }
    try {
      file.clearInserts();
      file.rollback();
      file.force(true);
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
        throw again;
      }
    }
  }

  /** Opens the file anew: what it holds is what happened. */
  private Append.Outcome lookAfter(WriteGroup.Counters before) throws SQLException {
    try {
      file.close();
    } catch (SQLException e) {
      LOGGER.atDebug().setCause(e).log("The file did not close");
    }
    var found = new LogState(state.epoch());
    file = LogFile.open(file.path(), found, pragmas);
    if (!file.isEndKnown()) {
      // The next start goes on behind all that can have been.
      throw DamagedFile.found("the last rows of " + file.path() + " cannot be read");
    }
    boolean committed =
        found.nextSeq() > before.nextSeq()
            || found.changes() > before.changes()
            || !found.ends().equals(before.ends());
    state = found;
    if (committed) {
      // Reading it back does not tell whether it is on the disk; what is written now forces it.
      force();
    }
    return committed ? Append.Outcome.COMMITTED : Append.Outcome.FAILED;
  }

  /** Forces to disk what is committed already. */
  void force() throws SQLException {
    file.writeMark();
    file.commit();
    noteForced();
  }

  /** First where it can be found again: from the other on it may leave the device. */
  private void noteForced() {
    end.note(state, true);
    synced.forced(state);
  }

  void rollback() throws SQLException {
    file.rollback();
  }

  /** Brings what is written ahead of the file into it, as far as that goes. */
  void checkpoint() {
    try {
      file.checkpoint();
    } catch (SQLException e) {
      LOGGER.atDebug().setCause(e).log("A checkpoint failed");
    }
  }

  /** What the hub has, also for the next start. */
  void writeSettled(Map<StreamPartition, OffsetRanges> settled) throws SQLException {
    state.settled().clear();
    state.settled().putAll(settled);
    file.writeSettled(state);
    file.commit();
  }

  void writeContacts(Contacts contacts) throws SQLException {
    contacts.write(file, state);
  }

  /**
   * Begins a new life of the log.
   *
   * @return its epoch
   * @throws SQLException if the life before goes on
   */
  long writeEpoch(Map<StreamPartition, OffsetRanges> settled) throws SQLException {
    long before = state.epoch();
    try {
      state.setEpoch(new SecureRandom().nextLong());
      state.settled().clear();
      state.settled().putAll(settled);
      file.writeEpoch(state);
      file.writeSettled(state);
      file.commit();
      file.checkpoint();
      end.renew(state);
    } catch (SQLException e) {
      // Whether it is on disk or not: an epoch that nobody has heard of does no harm.
      state.setEpoch(before);
      throw e;
    }
    Optional<Path> previous = files.before(file.path());
    // Should the active file be lost, this one takes its place.
    previous.ifPresent(path -> LogFile.noteLife(path, state));
    return state.epoch();
  }

  /** Begins the next file. All rows must be forced: it must not know of any that can be lost. */
  void roll() throws SQLException {
    LogFile next =
        LogFile.create(LogFolder.path(folder, state.nextSeq()), state, Map.of(), file, pragmas);
    file.commit(); // the copying has begun a transaction
    try {
      files.add(next.path()); // first: a row that nobody can read would be told as a gap
    } catch (SQLException e) {
      next.close();
      LogFolder.delete(next.path());
      throw e;
    }
    LogFile sealed = file;
    file = next;
    state.setChanges(0);
    sealed.seal();
  }

  /**
   * Closes it.
   *
   * @param inOrder whether all that was told is in it
   */
  void close(boolean inOrder) throws SQLException, IOException {
    file.close();
    end.close(state, inOrder);
  }
}
