package io.headwater.edge.log;

import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.StreamPartition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a log folder: finds the newest whole file, heals what a stop left, begins an incarnation.
 *
 * <p>A damaged file is put aside only after the file that goes on behind it is on disk: a stop in
 * between finds either the damage again or the new file, never the old counters alone.
 */
final class LogOpening {
  private static final Logger LOGGER = LoggerFactory.getLogger(LogOpening.class);

  /** More rows than a file of any allowed size can have held. */
  private static final long JUMP = 1L << 32;

  private static final int COPIED_AT_ONCE = 1 << 16;

  /**
   * What was opened.
   *
   * @param isInOrder whether the stop before was
   */
  record Opened(LogFile active, LogState state, List<Path> sealed, LogEnd end, boolean isInOrder) {}

  private final Path folder;
  private final List<String> pragmas;
  private final SecureRandom random = new SecureRandom();
  private final long boot = LogEnd.boot();

  private LogOpening(Path folder, List<String> pragmas) {
    this.folder = folder;
    this.pragmas = pragmas;
  }

  /**
   * @param pragmas for each file that is written to, beside our own
   * @throws SQLException if a file cannot be used for another reason than damage
   */
  static Opened open(Path folder, List<String> pragmas) throws IOException, SQLException {
    return new LogOpening(folder, pragmas).open();
  }

  private Opened open() throws IOException, SQLException {
    Files.createDirectories(folder);
    Salvage.finish(folder);
    var files = new ArrayList<>(LogFolder.list(folder));
    Path ahead = keepAhead(files);
    try {
      return open(files, ahead);
    } finally {
      Files.deleteIfExists(ahead);
    }
  }

  /**
   * A copy of what was written ahead of the newest file, if there was something and there is room:
   * SQLite deletes it as soon as it has taken the good part of it over.
   */
  private Path keepAhead(List<Path> files) throws IOException {
    Path copy = folder.resolve("newest-wal.copy");
    Files.deleteIfExists(copy);
    Path ahead = files.isEmpty() ? copy : Path.of(files.getLast() + "-wal");
    if (Files.exists(ahead)) {
      try {
        copy(ahead, copy);
      } catch (IOException e) {
        LOGGER.atWarn().addKeyValue("file", ahead).setCause(e).log("It could not be copied");
        Files.deleteIfExists(copy); // a full disk must not keep the agent from starting
      }
    }
    return copy;
  }

  /** By writes at a place, as all of the log is written: PowerCutIT can follow them. */
  private static void copy(Path from, Path to) throws IOException {
    try (FileChannel in = FileChannel.open(from);
        FileChannel out =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer piece = ByteBuffer.allocate(COPIED_AT_ONCE);
      for (long at = 0; in.read(piece, at) > 0; piece.clear()) {
        piece.flip();
        while (piece.hasRemaining()) {
          at += out.write(piece, at);
        }
      }
    }
  }

  private Opened open(List<Path> files, Path ahead) throws IOException, SQLException {
    var damaged = new LinkedHashMap<Path, SQLException>();
    while (!files.isEmpty()) {
      Path newest = files.removeLast();
      if (isUnbegun(newest)) {
        LogFolder.delete(newest); // a stop came before its first transaction
        continue;
      }
      Loaded loaded;
      try {
        loaded = loadOrSalvage(newest);
      } catch (SQLException e) {
        if (!DamagedFile.isAtOpening(e)) {
          throw e;
        }
        damaged.put(newest, e);
        continue;
      }
      LogEnd.Noted noted = LogEnd.read(folder, loaded.state().epoch(), boot);
      if (damaged.isEmpty() && noted.isAheadOf(loaded.state())) {
        loaded = refill(loaded, ahead, noted.nextSeq());
      }
      return damaged.isEmpty() && loaded.file().isEndKnown() && !noted.isAheadOf(loaded.state())
          ? began(loaded.file(), loaded.state(), files, noted.isInOrder())
          : goOnBehind(damaged, loaded.file(), loaded.state(), files, noted);
    }
    // Nothing is left: a new life. Its epoch keeps its offsets apart from any before.
    damaged.forEach(LogFolder::putAside);
    var state = new LogState(random.nextLong());
    if (!damaged.isEmpty()) {
      state.setNextSeq(newestBase(damaged) + JUMP);
    }
    return began(create(state, Map.of(), null), state, List.of(), true);
  }

  /** What cannot be put right is met again where the file is needed. */
  static void putRight(Path file) throws SQLException {
    try {
      LayoutUpgrade.upgrade(file);
      LifeCopy.mend(file);
    } catch (SQLException e) {
      if (!DamagedFile.isAtOpening(e)) {
        throw e;
      }
    }
  }

  private record Loaded(LogFile file, LogState state) {}

  /**
   * @throws SQLException if the file is damaged, and nothing can be salvaged
   */
  private Loaded loadOrSalvage(Path path) throws SQLException {
    try {
      return load(path);
    } catch (SQLException e) {
      if (!DamagedFile.isAtOpening(e) || !Salvage.replace(folder, path, e)) {
        throw e;
      }
      return load(path);
    }
  }

  private Loaded load(Path path) throws SQLException {
    putRight(path); // the others when they are needed
    var state = new LogState(LogFile.readEpoch(path));
    LogFile file = LogFile.open(path, state, pragmas);
    try {
      // All that is needed of it later has to be there now, or the agent would not start.
      file.tables().heads();
      file.tables().shares();
      try (FileReader reader = FileReader.open(path)) {
        reader.requireGaps();
      }
    } catch (SQLException e) {
      file.close();
      throw e;
    }
    return new Loaded(file, state);
  }

  /** Takes what SQLite has left of a damaged write-ahead log. */
  private Loaded refill(Loaded loaded, Path ahead, long end) throws IOException, SQLException {
    Path path = loaded.file().path();
    int missing;
    try (LogFile file = loaded.file();
        var pages = new DamagedPages(path, ahead)) {
      missing = file.refill(pages, end);
    }
    LOGGER
        .atWarn()
        .addKeyValue("file", path)
        .addKeyValue("commitsRecovered", missing)
        .log("What was written ahead of the file is damaged");
    return load(path);
  }

  private static boolean isUnbegun(Path path) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path);
        Statement statement = connection.createStatement();
        ResultSet tables = statement.executeQuery("SELECT count(*) FROM sqlite_master")) {
      return tables.next() && tables.getInt(1) == 0;
    } catch (SQLException _) {
      return false; // damaged, not unbegun
    }
  }

  /** The first damaged file is the newest. */
  private static long newestBase(Map<Path, SQLException> damaged) {
    return LogFolder.baseSeq(damaged.keySet().iterator().next());
  }

  /**
   * The newest files are lost, or the last rows of a file that stays, and with them the counters:
   * numbering goes on behind all that they have given out, and the hole is on record. If nothing
   * says how far that was, it goes on above all that can have been.
   *
   * <p>No offset is above its row's seq, and all begin anew above the highest seq that can have
   * been: also those of partitions that only a lost file knew.
   */
  private Opened goOnBehind(
      Map<Path, SQLException> damaged,
      LogFile previous,
      LogState state,
      List<Path> older,
      LogEnd.Noted noted)
      throws IOException, SQLException {
    long base = damaged.isEmpty() ? LogFolder.baseSeq(previous.path()) : newestBase(damaged);
    // Another name than any before: the damaged files are still there under theirs.
    long least = Math.max(base + 1, Math.max(state.nextSeq(), noted.nextSeq()));
    long next = noted.isExact() ? least : least + JUMP;
    var holes = new HashMap<StreamPartition, Gap>();
    state
        .partitions()
        .forEach((partition, counter) -> {
          long from = counter.nextOffset();
          long to = noted.isExact() ? noted.nextOffset(partition, counter.id()) : next;
          if (to > from) {
            holes.put(partition, new Gap(from, to, GapReason.CORRUPT, 0, to - from));
          }
        });
    LOGGER
        .atWarn()
        .addKeyValue("endIsKnown", noted.isExact())
        .addKeyValue("rowsLost", noted.isExact() ? least - state.nextSeq() : -1)
        .log("The last rows of the log are lost; numbering goes on behind them");
    state.setNextSeq(next);
    state.setFirstOffset(
        Math.max(state.firstOffset(), noted.isExact() ? noted.highestOffset() : next));
    LogFile active = goOn(previous, state, holes, older);
    damaged.forEach(LogFolder::putAside);
    previous.seal();
    var sealed = new ArrayList<>(older);
    sealed.add(previous.path());
    return began(active, state, sealed, false);
  }

  /** A file behind another one, which if it was salvaged has no state tables any more. */
  private LogFile goOn(
      LogFile previous, LogState state, Map<StreamPartition, Gap> holes, List<Path> older)
      throws SQLException {
    if (previous.isSalvaged() && !older.isEmpty()) {
      try (LogFile before = LogFile.open(older.getLast(), new LogState(state.epoch()), pragmas)) {
        state.setRetained(before.tables().retainedSize());
        return create(state, holes, before);
      } catch (SQLException e) {
        if (!DamagedFile.isAtOpening(e)) {
          throw e;
        }
      }
    }
    return create(state, holes, previous);
  }

  private LogFile create(LogState state, Map<StreamPartition, Gap> holes, @Nullable LogFile before)
      throws SQLException {
    return LogFile.create(LogFolder.path(folder, state.nextSeq()), state, holes, before, pragmas);
  }

  private Opened began(LogFile active, LogState state, List<Path> sealed, boolean isInOrder)
      throws IOException, SQLException {
    state.open(new Incarnation(random.nextLong(), state.ends()));
    active.writeIncarnations(state);
    active.commit();
    active.checkpoint(); // without this opening the log would look to the bridge like a copy
    if (!sealed.isEmpty()) {
      // Should the active file be lost, this one takes its place: were the incarnation not in it,
      // the log would look to the bridge like a restored image.
      LogFile.noteLife(sealed.getLast(), state);
    }
    LOGGER
        .atInfo()
        .addKeyValue("partitions", state.partitions().size())
        .addKeyValue("nextSeq", state.nextSeq())
        .log("Opened the edge log");
    return new Opened(
        active, state, List.copyOf(sealed), LogEnd.open(folder, state, boot), isInOrder);
  }
}
