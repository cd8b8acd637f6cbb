package io.headwater.edge.remote;

import io.headwater.edge.log.LogPosition;
import io.headwater.edge.log.SideDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.sqlite.SQLiteConfig;

/**
 * What must be known of the other brokers over a restart, one SQLite file: how far each has got,
 * and which filters its session has. Thread-safe.
 *
 * <p>Positions are not synced one by one: after a power cut an older one is found, and what lies in
 * between goes out once more. A first position is, as a lost one would leave messages out.
 */
final class RemoteStore implements AutoCloseable {
  static final String FILE = "remotes.db";

  private static final SideDatabase.Kind KIND =
      new SideDatabase.Kind(
          "the positions of remotes",
          "the whole log goes out again",
          SQLiteConfig.SynchronousMode.NORMAL,
          List.of(
              "CREATE TABLE IF NOT EXISTS position (remote TEXT PRIMARY KEY, incarnation INTEGER NOT"
                  + " NULL, seq INTEGER NOT NULL)",
              "CREATE TABLE IF NOT EXISTS subscribed (remote TEXT NOT NULL, filter TEXT NOT NULL,"
                  + " PRIMARY KEY (remote, filter))"));

  private final Connection connection;
  private final boolean lost;

  private RemoteStore(SideDatabase database) {
    this.connection = database.connection();
    this.lost = database.isLost();
  }

  /**
   * Opens the file, making it where there is none. A damaged one is put aside.
   *
   * @throws io.headwater.process.UserError if it cannot be used
   */
  static RemoteStore open(Path folder) {
    return new RemoteStore(SideDatabase.open(folder.resolve(FILE), KIND));
  }

  /** Whether what was known is lost: then a broker without a position is not a new one. */
  boolean isLost() {
    return lost;
  }

  synchronized Optional<LogPosition> position(String remote) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT incarnation, seq FROM position WHERE remote = ?")) {
      select.setString(1, remote);
      try (ResultSet rows = select.executeQuery()) {
        return rows.next()
            ? Optional.of(new LogPosition(rows.getLong(1), rows.getLong(2)))
            : Optional.empty();
      }
    }
  }

  synchronized void putPosition(String remote, LogPosition position) throws SQLException {
    try (PreparedStatement put =
        connection.prepareStatement("INSERT OR REPLACE INTO position VALUES (?, ?, ?)")) {
      put.setString(1, remote);
      put.setLong(2, position.incarnation());
      put.setLong(3, position.seq());
      put.executeUpdate();
    }
  }

  /** Forgets the positions of all other brokers: one that is configured again begins anew. */
  synchronized void keepPositions(Collection<String> remotes) throws SQLException {
    for (String known : names("SELECT remote FROM position")) {
      if (!remotes.contains(known)) {
        try (PreparedStatement delete =
            connection.prepareStatement("DELETE FROM position WHERE remote = ?")) {
          delete.setString(1, known);
          delete.executeUpdate();
        }
      }
    }
  }

  /** Filters that the broker's session may have. */
  synchronized Set<String> subscribed(String remote) throws SQLException {
    var filters = new LinkedHashSet<String>();
    try (PreparedStatement select =
        connection.prepareStatement("SELECT filter FROM subscribed WHERE remote = ?")) {
      select.setString(1, remote);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          filters.add(rows.getString(1));
        }
      }
    }
    return filters;
  }

  synchronized void putSubscribed(String remote, Collection<String> filters) throws SQLException {
    if (subscribed(remote).equals(Set.copyOf(filters))) {
      return;
    }
    connection.setAutoCommit(false);
    try (PreparedStatement delete =
            connection.prepareStatement("DELETE FROM subscribed WHERE remote = ?");
        PreparedStatement add =
            connection.prepareStatement("INSERT OR IGNORE INTO subscribed VALUES (?, ?)")) {
      delete.setString(1, remote);
      delete.executeUpdate();
      for (String filter : filters) {
        add.setString(1, remote);
        add.setString(2, filter);
        add.executeUpdate();
      }
      connection.commit();
    } catch (SQLException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
    sync();
  }

  private Set<String> names(String query) throws SQLException {
    var names = new LinkedHashSet<String>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    return names;
  }

  /** Brings to the disk what was written: a checkpoint syncs. */
  synchronized void sync() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(FULL)");
    }
  }

  @Override
  public synchronized void close() throws SQLException {
    connection.close();
  }
}
