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

  private static final int LOOK_AFTER = 500;
  private static final int LOOKED_AT = 4 * LOOK_AFTER;

  private final Connection connection;
  private final PreparedStatement find;
  private final PreparedStatement put;

  // About what the table has, so that it need not be gone through each time: what is taken back or
  // put in another's place is counted until the next look at all of it.
  private long count;
  private long bytes;
  private int added;

  /** Those up to here have been looked at, whether their time is over. */
  private long lookedTo;

  MessageIds(Connection connection) throws SQLException {
    this.connection = connection;
    this.find =
        connection.prepareStatement("SELECT until FROM message_id WHERE client = ? AND id = ?");
    this.put =
        connection.prepareStatement(
            "INSERT OR REPLACE INTO message_id(client, id, at, until) VALUES (?, ?, ?, ?)");
  }

  /** Looks what is there: after opening, and after the table was filled from elsewhere. */
  void recount() throws SQLException {
    count = number("SELECT count(*) FROM message_id");
    bytes =
        number(
            "SELECT coalesce(sum(2 * (length(client) + length(id)) + "
                + OVERHEAD
                + "), 0) FROM message_id");
  }

  /** When the newest came; 0 if there is none. */
  long newest() throws SQLException {
    return number("SELECT coalesce(max(at), 0) FROM message_id");
  }

  /** About what they take in the file. */
  long bytes() {
    return bytes;
  }

  private long number(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      found.next();
      return found.getLong(1);
    }
  }

  boolean isKnown(String client, String id, long nowMs) throws SQLException {
    find.setString(1, client);
    find.setString(2, id);
    try (ResultSet found = find.executeQuery()) {
      return found.next() && found.getLong(1) > nowMs;
    }
  }

  /** Whether it was known; if not, it is from now on. */
  boolean remember(String client, String id, long nowMs, long windowMs) throws SQLException {
    if (isKnown(client, id, nowMs)) {
      return true;
    }
    put.setString(1, client);
    put.setString(2, id);
    put.setLong(3, nowMs);
    put.setLong(4, nowMs + windowMs);
    put.executeUpdate();
    count++;
    bytes += 2L * (client.length() + id.length()) + OVERHEAD;
    added++;
    return false;
  }

  /**
   * After each {@value #LOOK_AFTER} that were added: forgets some of those whose time is over, and
   * the oldest of too many. It goes round, some at a time: to look at all of them would hold up the
   * readings of everybody.
   *
   * @return how many were forgotten before their time
   */
  int forget(long nowMs) throws SQLException {
    if (added < LOOK_AFTER) {
      return 0;
    }
    added = 0;
    long to =
        number(
            "SELECT coalesce(max(n), 0) FROM (SELECT n FROM message_id WHERE n > "
                + lookedTo
                + " ORDER BY n LIMIT "
                + LOOKED_AT
                + ")");
    delete("n > " + lookedTo + " AND n <= " + to + " AND until <= " + nowMs);
    lookedTo = to; // 0 at the end: it begins anew
    if (count <= MOST) {
      return 0;
    }
    recount();
    return count <= MOST
        ? 0
        : delete("n IN (SELECT n FROM message_id ORDER BY n LIMIT " + (count - MOST) + ")");
  }

  private int delete(String which) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      int deleted = statement.executeUpdate("DELETE FROM message_id WHERE " + which);
      bytes -= count == 0 ? 0 : bytes * deleted / count;
      count -= deleted;
      return deleted;
    }
  }

  @Override
  public void close() throws SQLException {
    find.close();
    put.close();
  }
}
