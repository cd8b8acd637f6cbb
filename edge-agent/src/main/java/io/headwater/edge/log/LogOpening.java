package io.headwater.edge.log;

import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.StateRequest;
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
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a log folder: finds the newest whole file, heals what a stop left, begins an incarnation.
 */
final class LogOpening {
  private static final Logger LOGGER = LoggerFactory.getLogger(LogOpening.class);

  /** More offsets than a file of any allowed size can have held. */
  private static final long JUMP = 1L << 32;

  /** What was opened. */
  record Opened(LogFile active, LogState state, List<Path> sealed) {}

  private LogOpening() {}

  static Opened open(Path folder) throws IOException, SQLException {
    Files.createDirectories(folder);
    var random = new SecureRandom();
    var files = new ArrayList<>(LogFiles.list(folder));
    boolean lost = false;
    while (!files.isEmpty()) {
      Path newest = files.getLast();
      if (isUnbegun(newest)) {
        Files.delete(newest); // a stop came before its first transaction
        files.removeLast();
        continue;
      }
      try {
        var state = new LogState(LogFile.readEpoch(newest));
        LogFile active = LogFile.open(newest, state);
        files.removeLast();
        if (lost) {
          active = jump(folder, active, state);
          files.add(newest);
        }
        beginIncarnation(active, state, random);
        return new Opened(active, state, List.copyOf(files));
      } catch (SQLException e) {
        LogFiles.putAside(newest, e);
        files.removeLast();
        lost = true;
      }
    }
    // Nothing is left: a new life. Its epoch keeps its offsets apart from any before.
    var state = new LogState(random.nextLong());
    LogFile active = LogFile.create(LogFiles.path(folder, freeSeq(folder, state)), state);
    beginIncarnation(active, state, random);
    return new Opened(active, state, List.of());
  }

  /** A file of the same name may lie there put aside: it is not touched, ours has another name. */
  private static long freeSeq(Path folder, LogState state) {
    while (Files.exists(LogFiles.path(folder, state.nextSeq()))) {
      state.setNextSeq(state.nextSeq() + JUMP);
    }
    return state.nextSeq();
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

  /**
   * The file after this one is lost, and with it the counters: numbering goes on above all that it
   * can have given out, and the hole is on record.
   */
  private static LogFile jump(Path folder, LogFile previous, LogState state) throws SQLException {
    var holes = new HashMap<StreamPartition, Gap>();
    state
        .partitions()
        .forEach((partition, counter) -> {
          long from = counter.nextOffset();
          holes.put(partition, new Gap(from, from + JUMP, GapReason.CORRUPT, 0, JUMP));
        });
    state.setNextSeq(state.nextSeq() + JUMP);
    LogFile file = LogFile.create(LogFiles.path(folder, freeSeq(folder, state)), state);
    for (Map.Entry<StreamPartition, Gap> hole : holes.entrySet()) {
      LogState.PartitionState counter = state.partitions().get(hole.getKey());
      if (counter != null) {
        file.insertGap(counter.id(), hole.getValue());
        counter.setNextOffset(hole.getValue().nextOffset());
      }
    }
    file.commit();
    previous.seal();
    return file;
  }

  private static void beginIncarnation(LogFile active, LogState state, SecureRandom random)
      throws SQLException {
    state.incarnations().add(new Incarnation(random.nextLong(), state.ends()));
    while (state.incarnations().size() > StateRequest.MOST_INCARNATIONS) {
      state.incarnations().removeFirst();
    }
    active.writeIncarnations(state);
    active.commit();
    LOGGER
        .atInfo()
        .addKeyValue("partitions", state.partitions().size())
        .addKeyValue("nextSeq", state.nextSeq())
        .log("Opened the edge log");
  }
}
