package io.headwater.edge.log;

import io.headwater.edge.clock.Capture;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a file of an older agent to the present layout, in one transaction: a stop in between
 * leaves it as it was.
 *
 * <p>Format 1 had a row of its own for each reading, in a table {@code log}; the first agents'
 * without the column {@code attributes}, and without the {@link StateTables}. Format 2 had batches
 * of the {@link RowBatch}'s first layout, which stay as they are, state without captures, and gaps
 * without checksums. The first agents that wrote format 3 did not have those either.
 */
final class LayoutUpgrade {
  private static final Logger LOGGER = LoggerFactory.getLogger(LayoutUpgrade.class);
  private static final int ROWS_AT_ONCE = 500;

  private LayoutUpgrade() {}

  /**
   * Does nothing to a file that needs it not.
   *
   * @throws SQLException if the file is damaged, or there is no room
   */
  static void upgrade(Path path) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + path)) {
      int format;
      try (Statement statement = connection.createStatement()) {
        format = format(statement);
        if (!isOld(statement, format)) {
          return;
        }
        statement.execute("PRAGMA journal_mode=WAL");
        statement.execute("PRAGMA synchronous=FULL");
      }
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        if (format == 1) {
          statement.executeUpdate(LogFile.BATCH_TABLE);
          copy(connection, hasColumn(statement, "log", "attributes") ? "attributes" : "NULL");
          statement.executeUpdate("DROP TABLE log");
        }
        statement.executeUpdate(
            "UPDATE meta SET value = " + LogFile.FORMAT + " WHERE name = 'format'");
        StateTables.create(connection);
        StateTables.addCaptures(connection);
        GapTable.upgrade(connection);
        statement.executeUpdate(LifeCopy.TABLE);
        LifeCopy.write(connection);
        connection.commit();
        LOGGER
            .atInfo()
            .addKeyValue("file", path)
            .addKeyValue("before", format)
            .log("A file of an older agent has got the present layout");
      }
    }
  }

  private static boolean isOld(Statement statement, int format) throws SQLException {
    return switch (format) {
      case LogFile.FORMAT -> !hasColumn(statement, "gap", "crc");
      case 1 -> hasColumn(statement, "log", "seq"); // else only a bit of the number is bad
      default -> format > 1 && format < LogFile.FORMAT;
    };
  }

  /** 0 if it is no log file. */
  private static int format(Statement statement) throws SQLException {
    try (ResultSet table =
        statement.executeQuery(
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'")) {
      if (!table.next() || table.getInt(1) == 0) {
        return 0;
      }
    }
    try (ResultSet format =
        statement.executeQuery("SELECT value FROM meta WHERE name = 'format'")) {
      return format.next() ? format.getInt(1) : 0;
    }
  }

  private static boolean hasColumn(Statement statement, String table, String column)
      throws SQLException {
    try (ResultSet columns =
        statement.executeQuery(
            "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s'"
                .formatted(table, column))) {
      return columns.next() && columns.getInt(1) > 0;
    }
  }

  private static void copy(Connection connection, String attributes) throws SQLException {
    var batch = new RowBatchWriter();
    long seq = Long.MIN_VALUE;
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT seq, sp, off, ts, clock, topic, client, key, value, "
                    + attributes
                    + " FROM log WHERE seq > ? ORDER BY seq LIMIT "
                    + ROWS_AT_ONCE);
        PreparedStatement insert = connection.prepareStatement(LogFile.INSERT_BATCH)) {
      while (true) {
        select.setLong(1, seq);
        int found = 0;
        try (ResultSet rows = select.executeQuery()) {
          while (rows.next()) {
            Capture capture = Capture.ofWall(rows.getLong(4), Capture.quality(rows.getInt(5)));
            if (batch.isFull(capture) || (found > 0 && rows.getLong(1) != seq + 1)) {
              LogFile.write(batch, insert);
            }
            seq = rows.getLong(1);
            found++;
            batch.add(
                seq,
                rows.getInt(2),
                rows.getLong(3),
                capture,
                rows.getString(6),
                rows.getString(7),
                rows.getBytes(8),
                LogFile.bytes(rows, 9),
                rows.getBytes(10));
          }
        }
        // A batch ends with each statement: within one its rows have no holes.
        LogFile.write(batch, insert);
        if (found == 0) {
          return;
        }
      }
    }
  }
}
