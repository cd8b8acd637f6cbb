package io.headwater.edge.log;

import io.headwater.process.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * Refuses a log that a newer agent has written, before anything in its folder is changed: whoever
 * installs that agent again finds everything as it was. Even to open a file for writing and to
 * close it moves what is written ahead into it, and what is put right by this agent's rules may be
 * wrong by the newer one's.
 */
final class NewerLog {
  private NewerLog() {}

  /**
   * Looks at the newest file that tells its format. It is the first that a newer agent brings to
   * its own, so the others need no look.
   *
   * @throws UserError if a newer agent wrote the log
   */
  static void refuse(Path folder) throws IOException {
    for (Path file : LogFolder.list(folder).reversed()) {
      try (Connection connection = look(file)) {
        OptionalLong format = format(connection);
        if (format.isPresent()) {
          if (format.getAsLong() > LogFile.FORMAT && !isFlipped(connection)) {
            throw UserError.failure(message(file, format.getAsLong()));
          }
          return;
        }
      } catch (SQLException _) {
        // Damaged or out of reach: the opening tells which.
      }
    }
  }

  /** What is wrong with a file of a newer format, and the way out. */
  static String message(Path file, long format) {
    return file
        + " has format "
        + format
        + " > "
        + LogFile.FORMAT
        + ": a newer agent wrote it; install that one again";
  }

  /**
   * Without a trace where nothing is written ahead of the file. Otherwise that has to be read, too:
   * it may hold the change to the newer format.
   */
  private static Connection look(Path file) throws SQLException {
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    boolean isAlone = Files.notExists(Path.of(file + "-wal"));
    return DriverManager.getConnection(
        "jdbc:sqlite:" + file.toUri() + (isAlone ? "?immutable=1" : ""), config.toProperties());
  }

  private static OptionalLong format(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet format = statement.executeQuery("SELECT value FROM meta WHERE name = 'format'")) {
      return format.next() ? OptionalLong.of(format.getLong(1)) : OptionalLong.empty();
    }
  }

  /** Whether the copy of the table knows a format of ours: then only a bit of the number is bad. */
  private static boolean isFlipped(Connection connection) throws SQLException {
    byte @Nullable [] copy = LifeCopy.stored(connection);
    Optional<LifeCopy.Whole> whole = copy == null ? Optional.empty() : LifeCopy.decode(copy);
    OptionalLong format = whole.map(LifeCopy::format).orElse(OptionalLong.empty());
    return format.isPresent() && format.getAsLong() <= LogFile.FORMAT;
  }
}
