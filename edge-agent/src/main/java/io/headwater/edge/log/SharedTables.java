package io.headwater.edge.log;

import io.headwater.edge.log.StateChange.SharedProgress;
import io.headwater.edge.log.StateChange.TakeShared;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The shared subscriptions among the {@link StateTables}: each is there as long as a session has
 * its filter. Confined to the writer's thread; whoever calls commits.
 */
final class SharedTables {
  /** Of filters that are shared, as the standard has it. */
  static final String PREFIX = "$share/";

  static final String SHARED =
      "CREATE TABLE IF NOT EXISTS shared(filter TEXT PRIMARY KEY, next INTEGER NOT NULL)"
          + " WITHOUT ROWID";
  static final String OPEN =
      "CREATE TABLE IF NOT EXISTS sharedopen(filter TEXT NOT NULL, seq INTEGER NOT NULL,"
          + " PRIMARY KEY(filter, seq)) WITHOUT ROWID";

  private final StateTables tables;

  SharedTables(StateTables tables) {
    this.tables = tables;
  }

  /** A session has the filter now; the first one begins at this place of the log. */
  void put(String filter, long nextSeq) throws SQLException {
    if (filter.startsWith(PREFIX)) {
      tables.update("INSERT OR IGNORE INTO shared VALUES (?, ?)", filter, nextSeq);
    }
  }

  /** Whether a session has a shared filter. */
  boolean has(String client) throws SQLException {
    return !values(
            "SELECT 1 FROM filter WHERE client = ? AND filter LIKE '$share/%' LIMIT 1",
            client, rows -> rows.getInt(1))
        .isEmpty();
  }

  /** Those that no session has any more end. */
  void removeUnused() throws SQLException {
    tables.update("DELETE FROM shared WHERE filter NOT IN (SELECT filter FROM filter)");
    tables.update("DELETE FROM sharedopen WHERE filter NOT IN (SELECT filter FROM shared)");
  }

  void move(SharedProgress progress) throws SQLException {
    for (long seq : progress.finished()) {
      tables.update("DELETE FROM sharedopen WHERE filter = ? AND seq = ?", progress.filter(), seq);
    }
    for (long seq : progress.put()) {
      tables.update(
          "INSERT OR IGNORE INTO sharedopen SELECT filter, ? FROM shared WHERE filter = ?",
          seq,
          progress.filter());
    }
    tables.update(
        "UPDATE shared SET next = ? WHERE filter = ?", progress.next(), progress.filter());
  }

  void take(TakeShared taken) throws SQLException {
    tables.update(
        "DELETE FROM sharedopen WHERE filter = ? AND seq = ?", taken.filter(), taken.seq());
  }

  List<StoredShare> load() throws SQLException {
    var found = new ArrayList<StoredShare>();
    try (ResultSet rows =
        tables.prepared("SELECT filter, next FROM shared ORDER BY filter").executeQuery()) {
      while (rows.next()) {
        found.add(new StoredShare(rows.getString(1), rows.getLong(2), List.of(), List.of()));
      }
    }
    var whole = new ArrayList<StoredShare>();
    for (StoredShare each : found) {
      whole.add(
          new StoredShare(
              each.filter(),
              each.next(),
              values(
                  "SELECT seq FROM sharedopen WHERE filter = ? ORDER BY seq",
                  each.filter(),
                  rows -> rows.getLong(1)),
              values(
                  "SELECT client FROM filter WHERE filter = ?",
                  each.filter(),
                  rows -> rows.getString(1))));
    }
    return whole;
  }

  @FunctionalInterface
  private interface Column<T> {
    T of(ResultSet row) throws SQLException;
  }

  private <T> List<T> values(String sql, String parameter, Column<T> column) throws SQLException {
    PreparedStatement select = tables.prepared(sql);
    select.setString(1, parameter);
    var found = new ArrayList<T>();
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        found.add(column.of(rows));
      }
    }
    return found;
  }
}
