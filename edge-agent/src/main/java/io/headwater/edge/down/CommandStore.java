package io.headwater.edge.down;

import io.headwater.process.UserError;
import io.headwater.uplink.CommandOutcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;

/**
 * Commands on disk, one SQLite file: what {@link #put} returned from survives a power cut. Confined
 * to the runner's thread.
 */
final class CommandStore implements AutoCloseable {
  static final String FILE = "commands.db";

  private static final Logger LOGGER = LoggerFactory.getLogger(CommandStore.class);
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
   * @throws UserError if it cannot be used
   */
  static CommandStore open(Path folder) {
    Path path = folder.resolve(FILE);
    try {
      try {
        return new CommandStore(connect(path));
      } catch (SQLException e) {
        int code = e.getErrorCode() & 0xFF;
        if (code != SQLiteErrorCode.SQLITE_CORRUPT.code
            && code != SQLiteErrorCode.SQLITE_NOTADB.code) {
          throw e;
        }
        putAside(path, e);
        return new CommandStore(connect(path));
      }
    } catch (SQLException | IOException e) {
      throw UserError.failure(
          "the commands in " + path + " cannot be opened: " + e.getMessage(), e);
    }
  }

  private static void putAside(Path path, SQLException cause) throws IOException {
    LOGGER
        .atError()
        .addKeyValue("file", path)
        .addKeyValue("error", cause.getMessage())
        .log("The memory of commands is damaged and put aside: repeated ones are done again");
    int n = 1;
    while (Files.exists(Path.of(path + ".corrupt-" + n))) {
      n++;
    }
    for (String suffix : List.of("", "-wal", "-shm")) {
      Path part = Path.of(path + suffix);
      if (Files.exists(part)) {
        Files.move(part, Path.of(path + ".corrupt-" + n + suffix));
      }
    }
  }

  private static Connection connect(Path path) throws SQLException {
    var config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setBusyTimeout(5000);
    Connection opened = DriverManager.getConnection("jdbc:sqlite:" + path, config.toProperties());
    try (Statement statement = opened.createStatement()) {
      statement.executeUpdate(
          "CREATE TABLE IF NOT EXISTS command (seq INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL,"
              + " device TEXT NOT NULL, wanted INTEGER NOT NULL, expires INTEGER NOT NULL,"
              + " payload BLOB NOT NULL, state INTEGER NOT NULL, outcome INTEGER,"
              + " detail TEXT NOT NULL, answer BLOB)");
      return opened;
    } catch (SQLException e) {
      opened.close();
      throw e;
    }
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
