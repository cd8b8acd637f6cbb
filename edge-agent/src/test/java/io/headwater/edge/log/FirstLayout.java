package io.headwater.edge.log;

import io.headwater.edge.clock.BootTimes;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Makes a file of the first agents' layout from one of today's: a table row for each reading. */
final class FirstLayout {
  private FirstLayout() {}

  /**
   * @param attributes whether the table has the column, which the very first had not
   */
  static void bringBack(Path file, boolean attributes) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.executeUpdate(
          "CREATE TABLE log(seq INTEGER PRIMARY KEY, sp INTEGER NOT NULL, off INTEGER NOT NULL,"
              + " ts INTEGER NOT NULL, clock INTEGER NOT NULL, topic TEXT NOT NULL,"
              + " client TEXT NOT NULL, key BLOB, value BLOB NOT NULL, attributes BLOB)");
      copy(connection);
      if (!attributes) {
        statement.executeUpdate("ALTER TABLE log DROP COLUMN attributes");
      }
      statement.executeUpdate("DROP TABLE batch");
      statement.executeUpdate("UPDATE meta SET value = 1 WHERE name = 'format'");
      connection.commit();
    }
  }

  private static void copy(Connection connection) throws SQLException {
    try (PreparedStatement insert =
            connection.prepareStatement("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        Statement select = connection.createStatement();
        ResultSet batches = select.executeQuery("SELECT rows FROM batch ORDER BY seq")) {
      while (batches.next()) {
        RowBatch row = RowBatch.decode(batches.getBytes(1)).orElseThrow();
        while (row.next()) {
          insert.setLong(1, row.seq());
          insert.setInt(2, row.partition());
          insert.setLong(3, row.offset());
          insert.setLong(4, row.capture().wallMs());
          insert.setInt(5, row.capture().quality().ordinal());
          insert.setString(6, row.record(BootTimes.none()).mqttTopic());
          insert.setString(7, row.record(BootTimes.none()).mqttClient());
          insert.setBytes(8, row.record(BootTimes.none()).key());
          insert.setBytes(9, row.record(BootTimes.none()).value());
          insert.setBytes(10, row.logRow().attributes());
          insert.executeUpdate();
        }
      }
    }
  }
}
