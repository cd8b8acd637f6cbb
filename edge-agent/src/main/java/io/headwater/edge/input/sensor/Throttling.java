package io.headwater.edge.input.sensor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Whether a Raspberry Pi is slowed down at this moment, and why: each 0 or 1. */
final class Throttling implements Sensor {
  private static final List<Quantity> QUANTITIES =
      List.of(
          new Quantity("throttled", "", 0, 1),
          new Quantity("frequency-capped", "", 0, 1),
          new Quantity("soft-temperature-limit", "", 0, 1));

  static final SensorType TYPE =
      new SensorType(
          "throttling",
          Set.of(),
          _ ->
              new HostSettings(
                  HostSettings.HOST,
                  QUANTITIES,
                  machine -> {
                    Path file = machine.path(RaspberryFirmware.THROTTLED);
                    if (!Files.exists(file)) {
                      throw new SensorFault(
                          Fault.MISSING, "the kernel does not tell it: there is no " + file);
                    }
                    return new Throttling(file);
                  }));

  private final Path file;

  private Throttling(Path file) {
    this.file = file;
  }

  @Override
  public double[] read() throws SensorFault {
    int bits = RaspberryFirmware.bits(file);
    return new double[] {
      RaspberryFirmware.flag(bits, RaspberryFirmware.THROTTLED_NOW),
      RaspberryFirmware.flag(bits, RaspberryFirmware.FREQUENCY_CAPPED),
      RaspberryFirmware.flag(bits, RaspberryFirmware.SOFT_TEMPERATURE_LIMIT)
    };
  }
}
