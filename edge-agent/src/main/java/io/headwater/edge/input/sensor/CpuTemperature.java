package io.headwater.edge.input.sensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The processor's temperature, in millidegrees in {@code /sys/class/thermal/thermal_zone*}: the
 * zone that is named for the processor, or else the first.
 */
final class CpuTemperature implements Sensor {
  private static final String ZONES = "/sys/class/thermal";
  private static final List<String> NAMES =
      List.of("cpu-thermal", "cpu_thermal", "soc-thermal", "x86_pkg_temp", "coretemp");

  static final SensorType TYPE =
      new SensorType(
          "cpu-temperature",
          Set.of(),
          _ ->
              new HostSettings(
                  HostSettings.HOST,
                  List.of(new Quantity(Quantity.VALUE, "°C", -60, 200)),
                  machine -> new CpuTemperature(find(machine.path(ZONES)))));

  private final Path zone;

  private CpuTemperature(Path zone) {
    this.zone = zone;
  }

  private static Path find(Path folder) throws SensorFault {
    List<Path> zones;
    try (Stream<Path> files = Files.list(folder)) {
      zones =
          files
              .filter(each -> String.valueOf(each.getFileName()).startsWith("thermal_zone"))
              .sorted()
              .toList();
    } catch (IOException e) {
      throw new SensorFault(Fault.MISSING, "there is no " + folder, e);
    }
    for (Path zone : zones) {
      if (NAMES.contains(HostFile.read(zone.resolve("type")))) {
        return zone;
      }
    }
    return zones.stream()
        .findFirst()
        .orElseThrow(
            () -> new SensorFault(Fault.MISSING, "the kernel tells no temperature in " + folder));
  }

  @Override
  public double[] read() throws SensorFault {
    return new double[] {HostFile.number(zone.resolve("temp")) / 1000.0};
  }
}
