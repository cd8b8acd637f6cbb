package io.headwater.edge.forward;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * What this process writes to its storage in a day, as Linux counts it: of the last 24 hours, or
 * carried on from a shorter run. Confined to one thread.
 */
final class WrittenPerDay {
  /** Not told by this system, or too early to say. */
  static final long UNKNOWN = -1;

  static final Path OF_THIS_PROCESS = Path.of("/proc/self/io");

  private static final long DAY_NANOS = TimeUnit.DAYS.toNanos(1);
  private static final long EVERY_NANOS = TimeUnit.MINUTES.toNanos(10);
  private static final long SHORTEST_NANOS = TimeUnit.MINUTES.toNanos(1);

  private record Sample(long nanos, long bytes) {}

  private final Path counters;
  private final ArrayDeque<Sample> samples = new ArrayDeque<>();

  /**
   * @param counters a file as proc(5) describes {@code /proc/PID/io}
   */
  WrittenPerDay(Path counters, long nowNanos) {
    this.counters = counters;
    bytes(nowNanos);
  }

  /** Bytes a day; to be asked every few minutes at least. */
  long bytes(long nowNanos) {
    OptionalLong written = written();
    if (written.isEmpty()) {
      return UNKNOWN;
    }
    if (samples.isEmpty() || nowNanos - samples.getLast().nanos >= EVERY_NANOS) {
      samples.add(new Sample(nowNanos, written.getAsLong()));
    }
    while (nowNanos - samples.getFirst().nanos > DAY_NANOS && samples.size() > 1) {
      samples.removeFirst();
    }
    Sample first = samples.getFirst();
    long elapsed = nowNanos - first.nanos;
    return elapsed < SHORTEST_NANOS
        ? UNKNOWN
        : (long) ((written.getAsLong() - first.bytes) * ((double) DAY_NANOS / elapsed));
  }

  private OptionalLong written() {
    try {
      long written = 0;
      boolean found = false;
      for (String line : Files.readAllLines(counters)) {
        if (line.startsWith("write_bytes: ")) {
          written += number(line);
          found = true;
        } else if (line.startsWith("cancelled_write_bytes: ")) {
          written -= number(line); // deleted before it got there
        }
      }
      return found ? OptionalLong.of(written) : OptionalLong.empty();
    } catch (IOException | NumberFormatException _) {
      return OptionalLong.empty();
    }
  }

  private static long number(String line) {
    return Long.parseLong(line.substring(line.indexOf(' ') + 1).strip());
  }
}
