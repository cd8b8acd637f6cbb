package io.headwater.edge.log;

import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * The gaps of a file: {@code gap(sp, first, next, reason, crc)}. One that goes on where the last
 * one of its partition ended, for the same reason, makes that longer: an hour of readings given up
 * is one row. Confined to one thread; whoever calls commits.
 *
 * <p>Each row has its own checksum, and they are not in the {@link LifeCopy}: a route that thins
 * out its readings has a gap in each commit, and the copy would be written anew for each. A damaged
 * row is left out: what it told of is a gap all the same, for a reason that nobody knows any more.
 */
final class GapTable implements AutoCloseable {
  /** What {@link #read} and {@link #isWhole} want, in this order. */
  static final String COLUMNS = "sp, first, next, reason, crc";

  private static final String[] SCHEMA = {
    "CREATE TABLE gap(sp INTEGER NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL,"
        + " reason INTEGER NOT NULL, crc INTEGER NOT NULL)",
    "CREATE INDEX gap_place ON gap(sp, first)"
  };

  /** The last one of a partition. */
  private record Last(long row, Gap gap) {}

  private final PreparedStatement add;
  private final PreparedStatement grow;
  private final PreparedStatement added;
  private final Map<Integer, Last> lasts = new HashMap<>();

  GapTable(Connection connection) throws SQLException {
    add = connection.prepareStatement("INSERT INTO gap(" + COLUMNS + ") VALUES (?, ?, ?, ?, ?)");
    grow = connection.prepareStatement("UPDATE gap SET next = ?, crc = ? WHERE rowid = ?");
    added = connection.prepareStatement("SELECT last_insert_rowid()");
  }

  /** Behind all gaps of the partition. */
  void add(int partition, Gap gap) throws SQLException {
    Last last = lasts.get(partition);
    if (last != null
        && last.gap().nextOffset() == gap.firstOffset()
        && last.gap().reason() == gap.reason()) {
      long first = last.gap().firstOffset();
      Gap both = new Gap(first, gap.nextOffset(), gap.reason(), 0, gap.nextOffset() - first);
      grow.setLong(1, both.nextOffset());
      grow.setLong(2, checksum(partition, both));
      grow.setLong(3, last.row());
      execute(grow);
      lasts.put(partition, new Last(last.row(), both));
      return;
    }
    add.setInt(1, partition);
    add.setLong(2, gap.firstOffset());
    add.setLong(3, gap.nextOffset());
    add.setInt(4, gap.reason().ordinal());
    add.setLong(5, checksum(partition, gap));
    execute(add);
    try (ResultSet row = added.executeQuery()) {
      row.next();
      lasts.put(partition, new Last(row.getLong(1), gap));
    }
  }

  private static long checksum(long partition, Gap gap) {
    return checksum(partition, gap.firstOffset(), gap.nextOffset(), gap.reason().ordinal());
  }

  private static long checksum(long partition, long first, long next, long reason) {
    var crc = new CRC32C();
    crc.update(
        ByteBuffer.allocate(4 * Long.BYTES)
            .putLong(partition)
            .putLong(first)
            .putLong(next)
            .putLong(reason)
            .flip());
    return crc.getValue();
  }

  /** Whether a row is as it was written. */
  static boolean isWhole(ResultSet row) throws SQLException {
    return row.getLong(5)
        == checksum(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4));
  }

  /** The gap of a row that is whole. */
  static Gap read(ResultSet row) throws SQLException {
    long first = row.getLong(2);
    long next = row.getLong(3);
    return new Gap(first, next, reason(row.getInt(4)), 0, next - first);
  }

  /** By the wire's numbers; one of a newer agent is one that nobody knows. */
  private static GapReason reason(int ordinal) {
    GapReason[] reasons = GapReason.values();
    return ordinal >= 0 && ordinal < reasons.length ? reasons[ordinal] : GapReason.CORRUPT;
  }

  /** Brings the table of an older agent, which had no checksums, to this one's. */
  static void upgrade(Connection connection) throws SQLException {
    var partitions = new ArrayList<Integer>();
    var gaps = new ArrayList<Gap>();
    try (Statement statement = connection.createStatement()) {
      try (ResultSet rows = statement.executeQuery("SELECT sp, first, next, reason FROM gap")) {
        while (rows.next()) {
          partitions.add(rows.getInt(1));
          gaps.add(read(rows));
        }
      }
      statement.executeUpdate("DROP TABLE gap");
      create(statement);
    }
    try (var table = new GapTable(connection)) {
      for (int i = 0; i < gaps.size(); i++) {
        table.add(partitions.get(i), gaps.get(i));
      }
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
