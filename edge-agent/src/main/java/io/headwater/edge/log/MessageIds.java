package io.headwater.edge.log;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The identifiers by which messages that come again are known: {@code message_id(n, client, id, at,
 * until)}, the oldest first. Confined to the writer's thread; whoever calls commits.
 *
 * <p>Times are milliseconds of running time over all openings: neither a stop nor a clock that is
 * set makes the agent forget.
 */
final class MessageIds implements AutoCloseable {
  /** Above it the oldest are forgotten. */
  static final int MOST = 100_000;

  static final String SCHEMA =
      "CREATE TABLE IF NOT EXISTS message_id(n INTEGER PRIMARY KEY, client TEXT NOT NULL,"
          + " id TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL, UNIQUE(client, id))";

  /** Of a row and its place in the index, beside the texts. */
  private static final int OVERHEAD = 64;

  private static final int FORGOTTEN_AT_ONCE = 5000;

  private final Connection connection;
  private final PreparedStatement find;
  private final PreparedStatement put;

  MessageIds(Connection connection) throws SQLException {
    this.connection = connection;
    this.find =
        connection.prepareStatement("SELECT until FROM message_id WHERE client = ? AND id = ?");
    this.put =
        connection.prepareStatement(
            "INSERT OR REPLACE INTO message_id(client, id, at, until) VALUES (?, ?, ?, ?)");
  }

  /** When the newest came; 0 if there is none. */
  long newest() throws SQLException {
    return number("SELECT coalesce(max(at), 0) FROM message_id");
  }

  /** About what they take in the file. */
  long bytes() throws SQLException {
    return number(
        "SELECT coalesce(sum(2 * (length(client) + length(id)) + "
            + OVERHEAD
            + "), 0) FROM message_id");
  }

  private long number(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      found.next();
      return found.getLong(1);
    }
  }

  /** Whether it was known; if not, it is from now on. */
  boolean remember(String client, String id, long nowMs, long windowMs) throws SQLException {
    find.setString(1, client);
    find.setString(2, id);
    try (ResultSet found = find.executeQuery()) {
      if (found.next() && found.getLong(1) > nowMs) {
        return true;
      }
    }
    put.setString(1, client);
    put.setString(2, id);
    put.setLong(3, nowMs);
    put.setLong(4, nowMs + windowMs);
    put.executeUpdate();
    return false;
  }

  /**
   * Forgets those whose time is over, and the oldest of too many.
   *
   * @return how many were forgotten before their time
   */
  int forget(long nowMs) throws SQLException {
    try (PreparedStatement over =
        connection.prepareStatement(
            "DELETE FROM message_id WHERE n IN"
                + " (SELECT n FROM message_id WHERE until <= ? ORDER BY n LIMIT ?)")) {
      over.setLong(1, nowMs);
      over.setInt(2, FORGOTTEN_AT_ONCE);
      over.executeUpdate();
    }
    long tooMany = number("SELECT count(*) FROM message_id") - MOST;
    if (tooMany <= 0) {
      return 0;
    }
    try (PreparedStatement oldest =
        connection.prepareStatement(
            "DELETE FROM message_id WHERE n IN (SELECT n FROM message_id ORDER BY n LIMIT ?)")) {
      oldest.setLong(1, tooMany);
      return oldest.executeUpdate();
    }
  }

  @Override
  public void close() throws SQLException {
    find.close();
    put.close();
  }
}
