package io.headwater.edge.input;

import io.headwater.edge.input.sensor.Machine;
import java.nio.file.Files;
import java.nio.file.Path;

/** The machine as it is, and a simulated one for inputs that are simulated. */
public final class Machines implements AutoCloseable {
  private final LinuxMachine real;
  private final LinuxMachine simulated;

  /**
   * Opens nothing yet.
   *
   * @param root of the file system; another folder in tests
   */
  public Machines(Path root) {
    real = LinuxMachine.real(root);
    simulated = LinuxMachine.simulated(root);
  }

  public LinuxMachine real() {
    return real;
  }

  public LinuxMachine simulated() {
    return simulated;
  }

  Machine of(InputSettings input) {
    return input.simulated() ? simulated : real;
  }

  /** Whether the bus that an input needs is not there. */
  boolean isBusMissing(InputSettings input) {
    return input
        .sensor()
        .deviceFile()
        .map(real::path)
        .filter(file -> !Files.exists(file))
        .isPresent();
  }

  @Override
  public void close() {
    try {
      real.close();
    } finally {
      simulated.close();
    }
  }
}
