package io.headwater.edge.log;

import io.headwater.process.Threads;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the files that are not written to any more from end to end, once, beside everything else:
 * after a stop that was not in order damage shows now, and not when a backlog is sent at last. It
 * takes at most half of the time, so that the card has room for others.
 */
final class SealedCheck {
  private static final Logger LOGGER = LoggerFactory.getLogger(SealedCheck.class);

  private final LogFiles files;
  private final List<Path> paths;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;

  /** Begins at once. */
  SealedCheck(LogFiles files, List<Path> paths) {
    this.files = files;
    this.paths = paths;
    this.thread = Threads.start("edge-log-check-0", this::run);
  }

  private void run() {
    try {
      for (Path path : paths) {
        long started = System.nanoTime();
        check(path);
        if (closing.await(System.nanoTime() - started, TimeUnit.NANOSECONDS)) {
          return;
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void check(Path path) {
    try {
      files.verify(path);
    } catch (SQLException e) {
      LOGGER
          .atWarn()
          .addKeyValue("file", path)
          .addKeyValue("error", e.getMessage())
          .log("A file of the log could not be checked");
    }
  }

  /** Waits for the file that it is at. */
  void stop() throws InterruptedException {
    closing.countDown(); // an interrupt could cut off the salvaging of a file
    thread.join();
  }
}
