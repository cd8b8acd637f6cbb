package io.headwater.edge.log;

import io.headwater.edge.clock.BootTimes;
import io.headwater.process.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Goes through a log's rows without disturbing the agent that writes it. */
public final class LogPrinter {
  private LogPrinter() {}

  /**
   * Gives committed rows in the order of writing.
   *
   * @throws UserError if there is no log in the folder, or a file cannot be read
   */
  public static void print(
      Path folder, Predicate<PrintedRow> filter, long limit, Consumer<PrintedRow> consumer) {
    if (!Files.isDirectory(folder)) {
      throw UserError.failure(
          "there is no log in " + folder + "; name the agent's folder with --data");
    }
    try {
      print(LogFolder.list(folder), BootTimes.read(folder), filter, limit, consumer);
    } catch (IOException | SQLException e) {
      throw UserError.failure("the log in " + folder + " cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Gives the rows of one file, also of one that was put aside, as far as it can be read.
   *
   * @throws UserError if it cannot be read, or not to its end; what came before was given
   */
  public static void printFile(
      Path file, Predicate<PrintedRow> filter, long limit, Consumer<PrintedRow> consumer) {
    if (!Files.isRegularFile(file)) {
      throw UserError.failure("there is no file " + file);
    }
    try {
      Path folder = file.toAbsolutePath().resolveSibling("");
      print(List.of(file), BootTimes.read(folder), filter, limit, consumer);
    } catch (SQLException e) {
      throw UserError.failure(file + " cannot be read to its end: " + e.getMessage(), e);
    }
  }

  private static void print(
      List<Path> files,
      BootTimes boots,
      Predicate<PrintedRow> filter,
      long limit,
      Consumer<PrintedRow> consumer)
      throws SQLException {
    var left = new AtomicLong(limit);
    for (Path path : files) {
      if (left.get() <= 0) {
        return;
      }
      try (var reader = FileReader.open(path).correctedBy(boots)) {
        reader.forEach(row -> {
          if (left.get() > 0 && filter.test(row)) {
            left.decrementAndGet();
            consumer.accept(row);
          }
          return left.get() > 0;
        });
      }
    }
  }
}
