package io.headwater.edge.log;

import io.headwater.process.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
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
    var left = new AtomicLong(limit);
    try {
      for (Path path : LogFiles.list(folder)) {
        try (var reader = new FileReader(path)) {
          reader.forEach(row -> {
            if (left.get() > 0 && filter.test(row)) {
              left.decrementAndGet();
              consumer.accept(row);
            }
            return left.get() > 0;
          });
        }
        if (left.get() <= 0) {
          return;
        }
      }
    } catch (IOException | SQLException e) {
      throw UserError.failure("the log in " + folder + " cannot be read: " + e.getMessage(), e);
    }
  }
}
