package io.headwater.edge.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** What a process has written to its storage since its start, as Linux counts it. */
public final class DeviceWrites {
  public static final Path OF_THIS_PROCESS = Path.of("/proc/self/io");

  private final Path counters;

  /**
   * @param counters a file as proc(5) describes {@code /proc/PID/io}
   */
  public DeviceWrites(Path counters) {
    this.counters = counters;
  }

  /** Empty if this system does not tell. */
  public OptionalLong bytes() {
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
