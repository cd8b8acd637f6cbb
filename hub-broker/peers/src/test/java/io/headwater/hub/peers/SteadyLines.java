package io.headwater.hub.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Appends numbered lines to a file, a thousand a second, until it is stopped. */
final class SteadyLines implements AutoCloseable {
  /** Of a line with its end. */
  static final long BYTES = 12;

  private static final int AT_ONCE = 50;
  private static final Pattern LINE = Pattern.compile("line (\\d{6})");

  private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
  private final Path file;
  private final Future<?> task;

  /** Of the executor's thread until that has ended. */
  private int next;

  SteadyLines(Path file) {
    this.file = file;
    task = executor.scheduleAtFixedRate(this::append, 0, 50, TimeUnit.MILLISECONDS);
  }

  private void append() {
    try {
      Files.writeString(
          file,
          IntStream.range(next, next + AT_ONCE)
              .mapToObj("line %06d\n"::formatted)
              .collect(Collectors.joining()),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      next += AT_ONCE;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Appends no more, and tells how many lines there are. */
  int stop() throws InterruptedException {
    task.cancel(false);
    executor.shutdown();
    if (!executor.awaitTermination(30, TimeUnit.SECONDS)) {
      throw new AssertionError("writing to " + file + " does not end");
    }
    return next;
  }

  /**
   * How often each number is in a file. Who writes it may have been killed amid a line: the next
   * one then stands behind the fragment.
   */
  static Map<Integer, Long> in(Path file) throws IOException {
    return LINE.matcher(Files.readString(file))
        .results()
        .collect(
            Collectors.groupingBy(
                found -> Integer.valueOf(found.group(1)), TreeMap::new, Collectors.counting()));
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
