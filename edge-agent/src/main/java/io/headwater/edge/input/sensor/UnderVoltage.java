package io.headwater.edge.input.sensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Whether a Raspberry Pi's supply is too weak at this moment: 0 or 1. From the firmware's file, or
 * from the kernel's driver {@code rpi_volt} ({@code in0_lcrit_alarm}, see
 * Documentation/hwmon/raspberrypi-hwmon of Linux).
 */
final class UnderVoltage {
  private static final String HWMON = "/sys/class/hwmon";

  static final SensorType TYPE =
      new SensorType(
          "under-voltage",
          Set.of(),
          _ ->
              new HostSettings(
                  HostSettings.HOST,
                  List.of(new Quantity(Quantity.VALUE, "", 0, 1)),
                  UnderVoltage::open));

  private UnderVoltage() {}

  private static Sensor open(Machine machine) throws SensorFault {
    Path firmware = machine.path(RaspberryFirmware.THROTTLED);
    if (Files.exists(firmware)) {
      return () ->
          new double[] {
            RaspberryFirmware.flag(
                RaspberryFirmware.bits(firmware), RaspberryFirmware.UNDER_VOLTAGE)
          };
    }
    Path folder = machine.path(HWMON);
    try (Stream<Path> monitors = Files.list(folder)) {
      for (Path each : monitors.sorted().toList()) {
        Path name = each.resolve("name");
        if (Files.exists(name) && HostFile.read(name).equals("rpi_volt")) {
          return () -> new double[] {HostFile.number(each.resolve("in0_lcrit_alarm"))};
        }
      }
    } catch (IOException e) {
      throw new SensorFault(Fault.MISSING, "the kernel does not tell it: there is no " + folder, e);
    }
    throw new SensorFault(
        Fault.MISSING, "the kernel does not tell it: neither " + firmware + " nor rpi_volt");
  }
}
