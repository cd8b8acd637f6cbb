package io.headwater.edge.input.sensor;

import java.nio.file.Path;
import java.time.Duration;

/** What sensors are reached through: files of the kernel, buses and pins. Thread-safe. */
public interface Machine {
  /** A file of the machine by its absolute path; below another root in tests. */
  Path path(String absolute);

  /**
   * A device on an I2C bus. Inputs of one address share it.
   *
   * @param simulation answers in its place if the input is simulated
   */
  I2cPort i2c(int bus, int address, SimulatedChip simulation) throws SensorFault;

  /**
   * A device on an SPI bus, in mode 0. Inputs of one chip share it.
   *
   * @param simulation answers in its place if the input is simulated
   */
  SpiPort spi(int bus, int chipSelect, int hertz, SimulatedChip simulation) throws SensorFault;

  /** A pin that one input has for itself. */
  Pin pin(PinSettings settings) throws SensorFault;

  /** Waits for a sensor that is measuring. */
  void pause(Duration duration);

  /** A clock that never jumps, in nanoseconds. */
  long nanos();
}
