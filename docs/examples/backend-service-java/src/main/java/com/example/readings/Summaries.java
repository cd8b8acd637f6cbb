package com.example.readings;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * The summary of each device: how many readings, the smallest, the largest, the latest.
 *
 * <p>A reading counts once, however often it is added: each row tells the offset of the last
 * reading in it, in the same transaction, and takes only later ones. That is enough, because a
 * device's readings lie in one partition, in order. (The partition is in the row's key for the day
 * on which the topic gets more of them, and devices move.)
 *
 * <p>Members share the database. Not thread-safe.
 */
final class Summaries implements AutoCloseable {
  private static final String TABLE =
      """
      CREATE TABLE IF NOT EXISTS summaries (
        device TEXT, kafka_partition INTEGER, last_offset INTEGER,
        readings INTEGER, minimum REAL, maximum REAL, latest REAL,
        PRIMARY KEY (device, kafka_partition))
      """;
  private static final String ADD =
      """
      INSERT INTO summaries VALUES (?1, ?2, ?3, 1, ?4, ?4, ?4)
      ON CONFLICT (device, kafka_partition) DO UPDATE SET
        last_offset = excluded.last_offset,
        readings = readings + 1,
        minimum = min(minimum, excluded.minimum),
        maximum = max(maximum, excluded.maximum),
        latest = excluded.latest
      WHERE excluded.last_offset > last_offset
      """;

  private final Connection connection;
  private final PreparedStatement add;

  private Summaries(Connection connection, PreparedStatement add) {
    this.connection = connection;
    this.add = add;
  }

  static Summaries open(Path file) throws SQLException {
    // Another member may be writing: wait for it, up to 30 s.
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file + "?busy_timeout=30000");
    try {
      try (var statement = connection.createStatement()) {
        statement.execute(TABLE);
      }
      connection.setAutoCommit(false);
      return new Summaries(connection, connection.prepareStatement(ADD));
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Adds a reading, for good with the next {@link #commit}. */
  void add(String device, int partition, long offset, double value) throws SQLException {
    add.setString(1, device);
    add.setInt(2, partition);
    add.setLong(3, offset);
    add.setDouble(4, value);
    add.executeUpdate();
  }

  /** All that was added is on disk when it returns. */
  void commit() throws SQLException {
    connection.commit();
  }

  @Override
  public void close() throws SQLException {
    add.close();
    connection.close();
  }
}
