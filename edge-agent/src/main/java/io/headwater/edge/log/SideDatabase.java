package io.headwater.edge.log;

import io.headwater.process.LastingFolder;
import io.headwater.process.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;

/**
 * A small SQLite file beside the log, for what is not a row of it.
 *
 * @param connection to it; the caller closes it
 * @param isLost whether it was damaged and has been put aside: it is empty now
 */
public record SideDatabase(Connection connection, boolean isLost) {
  private static final Logger LOGGER = LoggerFactory.getLogger(SideDatabase.class);

  /**
   * What kind of file it is.
   *
   * @param what stands in it, for people
   * @param ifLost what follows from its loss, for people
   * @param synchronous whether each change is forced to disk before it counts as made
   * @param schema statements that make what is missing
   */
  public record Kind(
      String what, String ifLost, SQLiteConfig.SynchronousMode synchronous, List<String> schema) {}

  /**
   * Opens the file, making it where there is none. A damaged one is put aside, never deleted.
   *
   * @throws UserError if it cannot be used
   */
  public static SideDatabase open(Path path, Kind kind) {
    try {
      try {
        return new SideDatabase(connect(path, kind), false);
      } catch (SQLException e) {
        if (!DamagedFile.is(e)) {
          throw e;
        }
        putAside(path, kind, e);
        return new SideDatabase(connect(path, kind), true);
      }
    } catch (SQLException | IOException e) {
      throw UserError.failure(
          "%s in %s cannot be opened: %s".formatted(kind.what(), path, e.getMessage()), e);
    }
  }

  private static void putAside(Path path, Kind kind, SQLException cause) throws IOException {
    LOGGER
        .atError()
        .addKeyValue("file", path)
        .addKeyValue("lost", kind.what())
        .addKeyValue("so", kind.ifLost())
        .addKeyValue("error", cause.getMessage())
        .log("A damaged file is put aside");
    int n = 1;
    while (Files.exists(Path.of(path + ".corrupt-" + n))) {
      n++;
    }
    for (String suffix : LogFolder.PARTS) {
      Path part = Path.of(path + suffix);
      if (Files.exists(part)) {
        Files.move(part, Path.of(path + ".corrupt-" + n + suffix));
      }
    }
    // What belonged to it must not come back to the new file.
    LastingFolder.force(Objects.requireNonNull(path.toAbsolutePath().getParent()));
  }

  private static Connection connect(Path path, Kind kind) throws SQLException {
    var config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(kind.synchronous());
    config.setBusyTimeout(5000);
    Connection opened = DriverManager.getConnection("jdbc:sqlite:" + path, config.toProperties());
    try (Statement statement = opened.createStatement()) {
      for (String each : kind.schema()) {
        statement.executeUpdate(each);
      }
      return opened;
    } catch (SQLException e) {
      opened.close();
      throw e;
    }
  }
}
