package io.headwater.edge.input.sensor;

import java.nio.file.Path;
import java.time.Duration;

/** What sensors are reached through: files of the kernel, and buses. Thread-safe. */
public interface Machine {
  /** A file of the machine by its absolute path; below another root in tests. */
  Path path(String absolute);

  /** Waits for a sensor that is measuring. */
  void pause(Duration duration);
}
