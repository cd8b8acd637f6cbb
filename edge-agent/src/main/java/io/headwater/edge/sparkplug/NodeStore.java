package io.headwater.edge.sparkplug;

import io.headwater.edge.log.LogPosition;
import io.headwater.edge.log.SideDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.sqlite.SQLiteConfig;

/**
 * What the edge node must know over a restart: how far it has said the log, and the number of its
 * last connection. Confined to the node's thread.
 */
final class NodeStore implements AutoCloseable {
  static final String FILE = "sparkplug.db";

  private static final int NUMBERS = 256;
  private static final SideDatabase.Kind KIND =
      new SideDatabase.Kind(
          "the position of the Sparkplug edge node",
          "the whole log is said again",
          SQLiteConfig.SynchronousMode.NORMAL,
          List.of(
              "CREATE TABLE IF NOT EXISTS position (id INTEGER PRIMARY KEY, incarnation INTEGER NOT"
                  + " NULL, seq INTEGER NOT NULL)",
              "CREATE TABLE IF NOT EXISTS connection (id INTEGER PRIMARY KEY, bd_seq INTEGER NOT"
                  + " NULL)"));

  private final Connection connection;
  private final boolean lost;

  private NodeStore(SideDatabase database) {
    this.connection = database.connection();
    this.lost = database.isLost();
  }

  /**
   * Opens the file, making it where there is none. A damaged one is put aside.
   *
   * @throws io.headwater.process.UserError if it cannot be used
   */
  static NodeStore open(Path folder) {
    return new NodeStore(SideDatabase.open(folder.resolve(FILE), KIND));
  }

  /** Whether what was known is lost: then a node without a position is not a new one. */
  boolean isLost() {
    return lost;
  }

  Optional<LogPosition> position() throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement("SELECT incarnation, seq FROM position WHERE id = 0");
        ResultSet rows = select.executeQuery()) {
      return rows.next()
          ? Optional.of(new LogPosition(rows.getLong(1), rows.getLong(2)))
          : Optional.empty();
    }
  }

  void putPosition(LogPosition position) throws SQLException {
    try (PreparedStatement put =
        connection.prepareStatement("INSERT OR REPLACE INTO position VALUES (0, ?, ?)")) {
      put.setLong(1, position.incarnation());
      put.setLong(2, position.seq());
      put.executeUpdate();
    }
  }

  /** The number of the next connection: one more than that of the last one, 255 before 0. */
  long nextConnection() throws SQLException {
    long next = 0;
    try (PreparedStatement select =
            connection.prepareStatement("SELECT bd_seq FROM connection WHERE id = 0");
        ResultSet rows = select.executeQuery()) {
      if (rows.next()) {
        next = (rows.getLong(1) + 1) % NUMBERS;
      }
    }
    try (PreparedStatement put =
        connection.prepareStatement("INSERT OR REPLACE INTO connection VALUES (0, ?)")) {
      put.setLong(1, next);
      put.executeUpdate();
    }
    return next;
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
