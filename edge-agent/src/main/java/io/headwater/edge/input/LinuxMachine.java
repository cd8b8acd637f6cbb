package io.headwater.edge.input;

import io.headwater.edge.input.board.Pi4jBoard;
import io.headwater.edge.input.sensor.I2cPort;
import io.headwater.edge.input.sensor.Machine;
import io.headwater.edge.input.sensor.Pin;
import io.headwater.edge.input.sensor.PinSettings;
import io.headwater.edge.input.sensor.SensorFault;
import io.headwater.edge.input.sensor.SimulatedChip;
import io.headwater.edge.input.sensor.SpiPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The machine that the agent runs on, with its board or with a simulated one. The board is opened
 * when it is first needed: an agent without inputs on buses loads nothing of it. Thread-safe.
 */
public final class LinuxMachine implements Machine, AutoCloseable {
  private final Path root;
  private final Supplier<Pi4jBoard> opener;
  private @Nullable Pi4jBoard board;

  private LinuxMachine(Path root, Supplier<Pi4jBoard> opener) {
    this.root = root;
    this.opener = opener;
  }

  /**
   * With the board that is there.
   *
   * @param root of the file system; another folder in tests
   */
  public static LinuxMachine real(Path root) {
    return new LinuxMachine(root, () -> Pi4jBoard.real()); // a method reference would load it
  }

  /** With a board whose registers and pins only tests drive. */
  public static LinuxMachine simulated(Path root) {
    return new LinuxMachine(root, () -> Pi4jBoard.simulated()); // as above
  }

  /** As above, with a board that a test makes. */
  static LinuxMachine simulated(Path root, Supplier<Pi4jBoard> board) {
    return new LinuxMachine(root, board);
  }

  /** Its board; opens it. */
  public synchronized Pi4jBoard board() {
    Pi4jBoard open = board;
    if (open == null) {
      open = opener.get();
      board = open;
    }
    return open;
  }

  @Override
  public Path path(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  @Override
  public I2cPort i2c(int bus, int address, SimulatedChip simulation) throws SensorFault {
    return board().i2c(bus, address, simulation);
  }

  @Override
  public SpiPort spi(int bus, int chipSelect, int hertz, SimulatedChip simulation)
      throws SensorFault {
    return board().spi(bus, chipSelect, hertz, simulation);
  }

  @Override
  public Pin pin(PinSettings settings) throws SensorFault {
    return board().pin(settings);
  }

  @Override
  public void pause(Duration duration) {
    long end = nanos() + duration.toNanos();
    for (long left = duration.toNanos(); left > 0; left = end - nanos()) {
      LockSupport.parkNanos(left);
      if (Thread.currentThread().isInterrupted()) {
        return;
      }
    }
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }

  @Override
  public synchronized void close() {
    Pi4jBoard open = board;
    board = null;
    if (open != null) {
      open.close();
    }
  }
}
