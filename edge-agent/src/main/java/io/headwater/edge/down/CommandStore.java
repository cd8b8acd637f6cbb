package io.headwater.edge.down;

import io.headwater.edge.log.SideDatabase;
import io.headwater.uplink.CommandOutcome;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * Commands on disk, one SQLite file: what {@link #put} returned from survives a power cut. Confined
 * to the runner's thread.
 */
final class CommandStore implements AutoCloseable {
  static final String FILE = "commands.db";

  private static final SideDatabase.Kind KIND =
      new SideDatabase.Kind(
          "the memory of commands",
          "repeated ones are done again",
          SQLiteConfig.SynchronousMode.FULL,
          List.of(
              "CREATE TABLE IF NOT EXISTS command (seq INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL,"
                  + " device TEXT NOT NULL, wanted INTEGER NOT NULL, expires INTEGER NOT NULL,"
                  + " payload BLOB NOT NULL, state INTEGER NOT NULL, outcome INTEGER,"
                  + " detail TEXT NOT NULL, answer BLOB)"));
  private static final String COLUMNS =
      "seq, id, device, wanted, expires, payload, state, outcome, detail, answer";

  private final Connection connection;

  private CommandStore(Connection connection) {
    this.connection = connection;
  }

  /**
   * Opens the file, making it where there is none. A damaged one is put aside: its ids are lost, so
   * a command that a bridge repeats then is done again.
   *
   * @throws io.headwater.process.UserError if it cannot be used
   */
  static CommandStore open(Path folder) {
    return new CommandStore(SideDatabase.open(folder.resolve(FILE), KIND).connection());
  }

  /** Those that are not done, and the ids of all. */
  List<StoredCommand> open() throws SQLException {
    var found = new ArrayList<StoredCommand>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT " + COLUMNS + " FROM command WHERE state <> ? ORDER BY seq")) {
      select.setInt(1, StoredCommand.State.DONE.ordinal());
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          found.add(command(rows));
        }
      }
    }
    return found;
  }

  Optional<StoredCommand> find(String id) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT " + COLUMNS + " FROM command WHERE id = ?")) {
      select.setString(1, id);
      try (ResultSet rows = select.executeQuery()) {
        return rows.next() ? Optional.of(command(rows)) : Optional.empty();
      }
    }
  }

  private static StoredCommand command(ResultSet row) throws SQLException {
    int outcome = row.getInt(8);
    boolean done = !row.wasNull();
    return new StoredCommand(
        row.getLong(1),
        row.getString(2),
        row.getString(3),
        row.getInt(4) != 0,
        row.getLong(5),
        row.getBytes(6) == null ? new byte[0] : row.getBytes(6),
        StoredCommand.State.values()[row.getInt(7)],
        done ? CommandOutcome.values()[outcome] : null,
        row.getString(9),
        row.getBytes(10));
  }

  long count() throws SQLException {
    return number("SELECT count(*) FROM command");
  }

  long lastSeq() throws SQLException {
    return number("SELECT coalesce(max(seq), 0) FROM command");
  }

  private long number(String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }

  /** Writes it; it is on disk when this returns. */
  void put(StoredCommand command) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT OR REPLACE INTO command (" + COLUMNS + ") VALUES (?,?,?,?,?,?,?,?,?,?)")) {
      insert.setLong(1, command.seq());
      insert.setString(2, command.id());
      insert.setString(3, command.device());
      insert.setInt(4, command.answerWanted() ? 1 : 0);
      insert.setLong(5, command.expiresMs());
      insert.setBytes(6, command.payload());
      insert.setInt(7, command.state().ordinal());
      setOutcome(insert, command.outcome());
      insert.setString(9, command.detail());
      insert.setBytes(10, command.answer());
      insert.executeUpdate();
    }
  }

  private static void setOutcome(PreparedStatement insert, @Nullable CommandOutcome outcome)
      throws SQLException {
    if (outcome == null) {
      insert.setNull(8, java.sql.Types.INTEGER);
    } else {
      insert.setInt(8, outcome.ordinal());
    }
  }

  /** Forgets what has expired before a time by the bridges' clock; how many. */
  int forget(long beforeMs) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM command WHERE state = ? AND expires < ?")) {
      delete.setInt(1, StoredCommand.State.DONE.ordinal());
      delete.setLong(2, beforeMs);
      return delete.executeUpdate();
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
