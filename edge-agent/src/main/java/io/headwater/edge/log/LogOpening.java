package io.headwater.edge.log;

import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.StreamPartition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  /** What was opened. */
  record Opened(LogFile active, LogState state, List<Path> sealed) {}

  private final Path folder;
  private final List<String> pragmas;
  private final SecureRandom random = new SecureRandom();

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
    var files = new ArrayList<>(LogFiles.list(folder));
    for (Path file : files) {
      upgrade(file);
    }
    var damaged = new LinkedHashMap<Path, SQLException>();
    while (!files.isEmpty()) {
      Path newest = files.removeLast();
      if (isUnbegun(newest)) {
        LogFiles.delete(newest); // a stop came before its first transaction
        continue;
      }
      Loaded loaded;
      try {
        loaded = load(newest);
      } catch (SQLException e) {
        if (!DamagedFile.isAtOpening(e)) {
          throw e;
        }
        damaged.put(newest, e);
        continue;
      }
      return damaged.isEmpty() && loaded.file().isEndKnown()
          ? began(loaded.file(), loaded.state(), files)
          : goOnBehind(damaged, loaded.file(), loaded.state(), files);
    }
    // Nothing is left: a new life. Its epoch keeps its offsets apart from any before.
    damaged.forEach(LogFiles::putAside);
    var state = new LogState(random.nextLong());
    if (!damaged.isEmpty()) {
      state.setNextSeq(newestBase(damaged) + JUMP);
    }
    return began(create(state, Map.of(), null), state, List.of());
  }

  /** A damaged file is met again where it is needed. */
  private static void upgrade(Path file) throws SQLException {
    try {
      LayoutUpgrade.upgrade(file);
    } catch (SQLException e) {
      if (!DamagedFile.isAtOpening(e)) {
        throw e;
      }
    }
  }

  private record Loaded(LogFile file, LogState state) {}

  private Loaded load(Path path) throws SQLException {
    var state = new LogState(LogFile.readEpoch(path));
    return new Loaded(LogFile.open(path, state, pragmas), state);
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
    return LogFiles.baseSeq(damaged.keySet().iterator().next());
  }

  /**
   * The newest files are lost, or the last rows of a file that stays, and with them the counters:
   * numbering goes on above all that they can have given out, and the hole is on record.
   *
   * <p>No offset is above its row's seq, and all begin anew above the highest seq that can have
   * been: also those of partitions that only a lost file knew.
   */
  private Opened goOnBehind(
      Map<Path, SQLException> damaged, LogFile previous, LogState state, List<Path> older)
      throws SQLException {
    long newest = damaged.isEmpty() ? state.nextSeq() : newestBase(damaged);
    long next = newest + JUMP;
    var holes = new HashMap<StreamPartition, Gap>();
    state
        .partitions()
        .forEach((partition, counter) -> {
          long from = counter.nextOffset();
          holes.put(partition, new Gap(from, next, GapReason.CORRUPT, 0, next - from));
        });
    state.setNextSeq(next);
    state.setFirstOffset(next);
    LogFile active = create(state, holes, previous);
    damaged.forEach(LogFiles::putAside);
    previous.seal();
    var sealed = new ArrayList<>(older);
    sealed.add(previous.path());
    return began(active, state, sealed);
  }

  private LogFile create(LogState state, Map<StreamPartition, Gap> holes, @Nullable LogFile before)
      throws SQLException {
    return LogFile.create(LogFiles.path(folder, state.nextSeq()), state, holes, before, pragmas);
  }

  private Opened began(LogFile active, LogState state, List<Path> sealed) throws SQLException {
    state.open(new Incarnation(random.nextLong(), state.ends()));
    active.writeIncarnations(state);
    active.commit();
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
    return new Opened(active, state, List.copyOf(sealed));
  }
}
