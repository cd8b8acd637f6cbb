package io.headwater.edge.input.sensor;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A thermometer of the DS18B20's family on a 1-Wire bus, by the kernel's {@code w1_slave} file
 * (Documentation/w1/slaves/w1_therm of Linux): two lines, of which the first says whether the
 * checksum is right, and the second has the millidegrees. Reading it takes up to 750 ms, the time
 * of a conversion.
 */
final class OneWireThermometer implements Sensor {
  static final String DEVICES = "/sys/bus/w1/devices";

  /** What 1-Wire identifiers look like: family and serial number. */
  static final Pattern ID = Pattern.compile("[0-9a-f]{2}-[0-9a-f]{12}");

  private static final Pattern MILLIDEGREES = Pattern.compile("t=(-?[0-9]{1,6})$");

  /** 85 °C with this reserved byte is what stands there before any conversion. */
  private static final Pattern POWER_ON =
      Pattern.compile("50 05 .. .. .. .. 0c .. ..", Pattern.CASE_INSENSITIVE);

  static final SensorType TYPE =
      new SensorType(
          "w1-temperature",
          Set.of("id"),
          keys -> {
            String id = keys.required("id", "", OneWireThermometer::id);
            return new HostSettings(
                "w1",
                List.of(new Quantity(Quantity.VALUE, "°C", -55, 125)),
                machine ->
                    new OneWireThermometer(
                        id, machine.path(DEVICES).resolve(id).resolve("w1_slave")));
          });

  private final String id;
  private final Path file;

  private OneWireThermometer(String id, Path file) {
    this.id = id;
    this.file = file;
  }

  private static String id(String text) {
    if (!ID.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is no 1-Wire identifier like 28-0316a2795dff");
    }
    return text;
  }

  @Override
  public double[] read() throws SensorFault {
    String text;
    try {
      text = HostFile.read(file);
    } catch (SensorFault e) {
      throw e.fault() == Fault.MISSING
          ? new SensorFault(Fault.NO_ANSWER, "1-Wire device " + id + " does not answer", e)
          : e;
    }
    List<String> lines = text.lines().toList();
    if (lines.size() != 2 || !lines.getFirst().endsWith("YES")) {
      throw new SensorFault(Fault.BAD_DATA, "the checksum of 1-Wire device " + id + " is wrong");
    }
    if (POWER_ON.matcher(lines.getFirst()).lookingAt()) {
      throw new SensorFault(
          Fault.BAD_DATA,
          "1-Wire device " + id + " has not converted: it has lost its power meanwhile");
    }
    Matcher millidegrees = MILLIDEGREES.matcher(lines.getLast());
    if (!millidegrees.find()) {
      throw new SensorFault(Fault.BAD_DATA, file + " holds '" + lines.getLast() + "'");
    }
    return new double[] {Integer.parseInt(millidegrees.group(1)) / 1000.0};
  }
}
