package io.headwater.edge.input;

import io.headwater.edge.input.sensor.Machine;
import java.nio.file.Files;
import java.nio.file.Path;

/** The machine as it is, and a simulated one for what is simulated. */
public final class Machines implements AutoCloseable {
  private final LinuxMachine real;
  private final LinuxMachine simulated;

  /**
   * Opens nothing yet.
   *
   * @param root of the file system; another folder in tests
   */
  public Machines(Path root) {
    this(root, LinuxMachine.simulated(root));
  }

  /** With a simulated machine that a test makes. */
  Machines(Path root, LinuxMachine simulated) {
    this.real = LinuxMachine.real(root);
    this.simulated = simulated;
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
    return input.sensor().deviceFile().filter(this::isMissing).isPresent();
  }

  /** Whether a file of the real machine, by its absolute path, is not there. */
  public boolean isMissing(String file) {
    return !Files.exists(real.path(file));
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
