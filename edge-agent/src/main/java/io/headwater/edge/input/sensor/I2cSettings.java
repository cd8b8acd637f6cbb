package io.headwater.edge.input.sensor;

import java.util.List;
import java.util.Optional;

/**
 * A chip on an I2C bus.
 *
 * @param number of the bus: 1 for {@code /dev/i2c-1}
 * @param simulation what it answers when it is simulated
 */
record I2cSettings(
    int number, int address, List<Quantity> quantities, SimulatedChip simulation, Opener opener)
    implements SensorSettings {
  static final String BUS = "bus";
  static final String ADDRESS = "address";

  /** Makes the sensor; what it reads at once must be there. */
  @FunctionalInterface
  interface Opener {
    Sensor open(I2cPort port, Machine machine) throws SensorFault;
  }

  I2cSettings {
    quantities = List.copyOf(quantities);
  }

  /**
   * By the keys {@code bus} and {@code address}.
   *
   * @param fallback the address that the chip has as it is sold
   * @param min and {@code max}: of the addresses that it can have
   */
  static I2cSettings of(
      SensorKeys keys,
      int fallback,
      int min,
      int max,
      List<Quantity> quantities,
      SimulatedChip simulation,
      Opener opener) {
    return new I2cSettings(
        bus(keys), keys.integer(ADDRESS, fallback, min, max), quantities, simulation, opener);
  }

  static int bus(SensorKeys keys) {
    return keys.integer(BUS, 1, 0, 255);
  }

  @Override
  public String bus() {
    return "i2c-" + number;
  }

  @Override
  public Optional<String> deviceFile() {
    return Optional.of("/dev/i2c-" + number);
  }

  @Override
  public Sensor open(Machine machine) throws SensorFault {
    return opener.open(machine.i2c(number, address, simulation), machine);
  }
}
