package io.headwater.edge.log;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;

/**
 * The partitions of which a file has readings that must not be given up for others, by their
 * numbers, as {@code kept-N} in {@code meta}: written with the first of them. Confined to the
 * writer's thread; whoever calls commits.
 */
final class KeptPartitions {
  private static final String PREFIX = "kept-";

  /** Noted in a file that says which they are; all of one that does not must be kept. */
  private static final String TRACKED = "tracks_kept";

  private final Connection connection;
  private final Set<Integer> known = new HashSet<>();

  KeptPartitions(Connection connection) {
    this.connection = connection;
  }

  /** Notes in a new file that it will tell. */
  static void begin(Statement statement) throws SQLException {
    statement.executeUpdate("INSERT INTO meta VALUES ('" + TRACKED + "', 1)");
  }

  /** Notes that a reading of the partition must stay; false if that was noted already. */
  boolean keep(int partition) throws SQLException {
    if (!known.add(partition)) {
      return false;
    }
    try (PreparedStatement put =
        connection.prepareStatement("INSERT OR IGNORE INTO meta VALUES (?, 1)")) {
      put.setString(1, PREFIX + partition);
      return put.executeUpdate() > 0;
    }
  }

  /** What was not committed may have to be written again. */
  void forget() {
    known.clear();
  }

  /** The numbers of a file's partitions that have such readings. */
  static Set<Integer> read(Connection connection) throws SQLException {
    var kept = new HashSet<Integer>();
    try (Statement statement = connection.createStatement()) {
      boolean tracked;
      try (ResultSet mark =
          statement.executeQuery("SELECT 1 FROM meta WHERE name = '" + TRACKED + "'")) {
        tracked = mark.next();
      }
      String numbers =
          tracked
              ? "SELECT CAST(substr(name, 6) AS INTEGER) FROM meta WHERE name GLOB 'kept-*'"
              : "SELECT id FROM sp";
      try (ResultSet rows = statement.executeQuery(numbers)) {
        while (rows.next()) {
          kept.add(rows.getInt(1));
        }
      }
    }
    return kept;
  }
}
