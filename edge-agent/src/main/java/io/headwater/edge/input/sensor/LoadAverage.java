package io.headwater.edge.input.sensor;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** The load averages of {@code /proc/loadavg}, see proc_loadavg(5). */
final class LoadAverage implements Sensor {
  private static final List<Quantity> QUANTITIES =
      List.of(
          new Quantity("1min", "", 0, 1e6),
          new Quantity("5min", "", 0, 1e6),
          new Quantity("15min", "", 0, 1e6));

  static final SensorType TYPE =
      new SensorType(
          "load",
          Set.of(),
          _ ->
              new HostSettings(
                  HostSettings.HOST,
                  QUANTITIES,
                  machine -> new LoadAverage(machine.path("/proc/loadavg"))));

  private final Path file;

  private LoadAverage(Path file) {
    this.file = file;
  }

  @Override
  public double[] read() throws SensorFault {
    String text = HostFile.read(file);
    String[] words = text.split(" ");
    try {
      var values = new double[QUANTITIES.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = Double.parseDouble(words[i]);
      }
      return values;
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new SensorFault(Fault.BAD_DATA, file + " holds '" + text + "'", e);
    }
  }
}
