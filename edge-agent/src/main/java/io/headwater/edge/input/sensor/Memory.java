package io.headwater.edge.input.sensor;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Memory that can be had without swapping ({@code MemAvailable} of {@code /proc/meminfo}), in
 * bytes, and the rest of the whole in percent.
 */
final class Memory implements Sensor {
  private static final List<Quantity> QUANTITIES =
      List.of(new Quantity("available", "B", 0, 1e18), new Quantity("used", "%", 0, 100));

  static final SensorType TYPE =
      new SensorType(
          "memory",
          Set.of(),
          _ ->
              new HostSettings(
                  HostSettings.HOST,
                  QUANTITIES,
                  machine -> new Memory(machine.path("/proc/meminfo"))));

  private final Path file;

  private Memory(Path file) {
    this.file = file;
  }

  @Override
  public double[] read() throws SensorFault {
    List<String> lines = HostFile.read(file).lines().toList();
    double total = kibibytes(lines, "MemTotal:");
    double available = kibibytes(lines, "MemAvailable:");
    return new double[] {available * 1024, 100 * (total - available) / total};
  }

  private double kibibytes(List<String> lines, String name) throws SensorFault {
    for (String line : lines) {
      if (line.startsWith(name)) {
        String number = line.substring(name.length()).replace("kB", "").strip();
        try {
          return Double.parseDouble(number);
        } catch (NumberFormatException e) {
          throw new SensorFault(Fault.BAD_DATA, file + " holds '" + line + "'", e);
        }
      }
    }
    throw new SensorFault(Fault.MISSING, file + " has no line " + name);
  }
}
