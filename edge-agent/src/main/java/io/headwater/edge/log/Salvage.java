package io.headwater.edge.log;

import io.headwater.process.LastingFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a new file of what can still be read of a damaged one, and puts that aside. What is not
 * found again is missing in the new file, and so is told as a gap by whoever reads it.
 *
 * <p>Rows and the {@link LifeCopy} are known by their checksums wherever they stand ({@link
 * DamagedPages}). What MQTT must not forget has none, and is left.
 */
final class Salvage {
  private static final Logger LOGGER = LoggerFactory.getLogger(Salvage.class);

  /** Noted in a file that was made here: rows may be missing at its end. */
  static final String SALVAGED = "salvaged";

  private static final String UNFINISHED = ".salvaged";
  private static final int ROWS_AT_ONCE = 200;

  private Salvage() {}

  /**
   * Puts what can be read of a damaged file, which nobody has open, in its place, and the file
   * itself aside. False if that was not done: then the file is where it was, or if it could only be
   * put aside, the new one takes its place at the next start.
   */
  static boolean replace(Path folder, Path path, Throwable cause) {
    Path fresh = Path.of(path + UNFINISHED);
    try {
      LogFolder.delete(fresh);
      Optional<LifeCopy.Whole> life = newestLife(path);
      if (life.isEmpty()) {
        return false;
      }
      int batches = write(fresh, path, life.get());
      LastingFolder.force(folder);
      LogFolder.moveAside(path, cause);
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
      LOGGER
          .atWarn()
          .addKeyValue("file", path)
          .addKeyValue("commits", batches)
          .log("What could be read of the damaged file stands in its place");
      return true;
    } catch (IOException | SQLException e) {
      LOGGER.atError().addKeyValue("file", path).setCause(e).log("Nothing of it can be salvaged");
      if (Files.exists(path)) {
        LogFolder.delete(fresh);
      } // else it is whole, and takes the other's place at the next start
      return false;
    }
  }

  /** Ends what a stop has interrupted. */
  static void finish(Path folder) throws IOException {
    List<Path> unfinished;
    try (Stream<Path> entries = Files.list(folder)) {
      unfinished = entries.filter(path -> path.toString().endsWith(UNFINISHED)).toList();
    }
    for (Path fresh : unfinished) {
      String name = fresh.toString();
      Path path = Path.of(name.substring(0, name.length() - UNFINISHED.length()));
      if (Files.exists(path)) {
        LogFolder.delete(fresh); // the damaged one is still there, and may have more
      } else {
        LogFolder.moveRestAside(path); // or it would be taken for what belongs to the new file
        Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
      }
    }
  }

  private static Optional<LifeCopy.Whole> newestLife(Path path) throws IOException, SQLException {
    var newest = new LifeCopy.Whole[1];
    try (var pages = new DamagedPages(path, ahead(path))) {
      pages.forEach(row -> {
        if (row.rowid() == 1 && row.blobs().size() == 1) {
          LifeCopy.decode(row.blobs().getFirst())
              .filter(copy -> newest[0] == null || copy.number() > newest[0].number())
              .ifPresent(copy -> newest[0] = copy);
        }
      });
    }
    return Optional.ofNullable(newest[0]);
  }

  private static int write(Path fresh, Path damaged, LifeCopy.Whole life)
      throws IOException, SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + fresh)) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA journal_mode=OFF"); // a stop before its end leaves it unfinished
        statement.execute("PRAGMA synchronous=FULL");
      }
      connection.setAutoCommit(false);
      LogFile.makeTables(connection);
      LifeCopy.restore(connection, life);
      try (Statement statement = connection.createStatement()) {
        statement.executeUpdate("INSERT OR REPLACE INTO meta VALUES ('" + SALVAGED + "', 1)");
      }
      LifeCopy.write(connection);
      int copied;
      try (var pages = new DamagedPages(damaged, ahead(damaged))) {
        copied = copyRows(pages, connection, Long.MAX_VALUE);
      }
      connection.commit();
      return copied;
    }
  }

  private static Path ahead(Path path) {
    return Path.of(path + "-wal");
  }

  /**
   * Inserts the rows that are missing, as far as their partitions are known.
   *
   * @param end seq behind the last row that is wanted
   * @return how many commits were missing
   */
  static int copyRows(DamagedPages pages, Connection connection, long end)
      throws IOException, SQLException {
    Set<Integer> partitions = partitions(connection);
    int[] copied = {0};
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT OR IGNORE INTO batch VALUES (?, ?, ?)")) {
      pages.forEach(row -> {
        if (row.blobs().size() == 2 && isBatch(row, partitions, end)) {
          insert.setLong(1, row.rowid());
          insert.setBytes(2, row.blobs().getFirst());
          insert.setBytes(3, row.blobs().getLast());
          int inserted = insert.executeUpdate();
          copied[0] += inserted;
          if (inserted > 0 && copied[0] % ROWS_AT_ONCE == 0) {
            connection.commit();
          }
        }
      });
    }
    return copied[0];
  }

  /** By either of the two that tell it: the rows alone may be damaged, and are known then. */
  private static boolean isBatch(DamagedPages.Row row, Set<Integer> partitions, long end) {
    return RowBatch.decode(row.blobs().getLast())
        .map(RowBatch::head)
        .or(() -> BatchHead.decode(row.blobs().getFirst()))
        .filter(head -> head.seq() == row.rowid() && head.nextSeq() <= end)
        .filter(
            head -> head.parts().stream().allMatch(part -> partitions.contains(part.partition())))
        .isPresent();
  }

  private static Set<Integer> partitions(Connection connection) throws SQLException {
    var numbers = new HashSet<Integer>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT id FROM sp")) {
      while (rows.next()) {
        numbers.add(rows.getInt(1));
      }
    }
    return numbers;
  }
}
