package io.headwater.edge.log;

import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/**
 * The gaps of a file: {@code gap(sp, first, next, reason)}. One that goes on where the last one of
 * its partition ended, for the same reason, makes that longer: an hour of readings given up is one
 * row. Confined to one thread; whoever calls commits.
 */
final class GapTable implements AutoCloseable {
  static final String[] SCHEMA = {
    "CREATE TABLE gap(sp INTEGER NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL,"
        + " reason INTEGER NOT NULL)",
    "CREATE INDEX gap_place ON gap(sp, first)"
  };

  /** The last one of a partition. */
  private record Last(long row, long next, GapReason reason) {}

  private final PreparedStatement add;
  private final PreparedStatement grow;
  private final PreparedStatement added;
  private final Map<Integer, Last> lasts = new HashMap<>();

  GapTable(Connection connection) throws SQLException {
    add =
        connection.prepareStatement("INSERT INTO gap(sp, first, next, reason) VALUES (?, ?, ?, ?)");
    grow = connection.prepareStatement("UPDATE gap SET next = ? WHERE rowid = ?");
    added = connection.prepareStatement("SELECT last_insert_rowid()");
  }

  /** Behind all gaps of the partition. */
  void add(int partition, Gap gap) throws SQLException {
    Last last = lasts.get(partition);
    if (last != null && last.next() == gap.firstOffset() && last.reason() == gap.reason()) {
      grow.setLong(1, gap.nextOffset());
      grow.setLong(2, last.row());
      execute(grow);
      lasts.put(partition, new Last(last.row(), gap.nextOffset(), gap.reason()));
      return;
    }
    add.setInt(1, partition);
    add.setLong(2, gap.firstOffset());
    add.setLong(3, gap.nextOffset());
    add.setInt(4, gap.reason().ordinal());
    execute(add);
    try (ResultSet row = added.executeQuery()) {
      row.next();
      lasts.put(partition, new Last(row.getLong(1), gap.nextOffset(), gap.reason()));
    }
  }

  /**
   * Not executeUpdate: after a failure, such as a full disk, the driver has ended the statement.
   */
  private static void execute(PreparedStatement statement) throws SQLException {
    try {
      statement.addBatch();
      statement.executeBatch();
    } catch (SQLException e) {
      statement.clearBatch();
      throw e;
    }
  }

  /** What was not committed is not there. */
  void forget() {
    lasts.clear();
  }

  /** Makes the table. */
  static void create(Statement statement) throws SQLException {
    for (String each : SCHEMA) {
      statement.executeUpdate(each);
    }
  }

  @Override
  public void close() throws SQLException {
    add.close();
    grow.close();
    added.close();
  }
}
