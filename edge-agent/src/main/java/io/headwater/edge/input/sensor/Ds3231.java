package io.headwater.edge.input.sensor;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Maxim DS3231, the clock chip: its temperature, which it measures each minute, and its time.
 * Registers as in figure 1 of the data sheet (19-5170). The time is taken as UTC; it has no value
 * if the chip says that its oscillator has stopped since it was set.
 */
final class Ds3231 implements Sensor {
  private static final int TIME = 0x00;
  private static final int STATUS = 0x0F;
  private static final int TEMPERATURE = 0x11;
  private static final int STOPPED = 0x80;

  private static final List<Quantity> QUANTITIES =
      List.of(new Quantity("temperature", "°C", -55, 125), new Quantity("time", "s", 9e8, 5e9));

  static final SensorType TYPE =
      new SensorType(
          "ds3231",
          Set.of(I2cSettings.BUS, I2cSettings.ADDRESS),
          keys ->
              I2cSettings.of(
                  keys,
                  0x68,
                  0x68,
                  0x68,
                  QUANTITIES,
                  Ds3231::simulate,
                  (port, _) -> new Ds3231(port)));

  private final I2cPort port;

  private Ds3231(I2cPort port) {
    this.port = port;
  }

  @Override
  public double[] read() throws SensorFault {
    byte[] temperature = port.readRegister(TEMPERATURE, 2);
    boolean stopped = (port.readRegister(STATUS, 1)[0] & STOPPED) != 0;
    return new double[] {
      celsius(temperature[0], temperature[1]),
      stopped ? Double.NaN : seconds(port.readRegister(TIME, 7))
    };
  }

  /** Quarters of a degree, ten bits in two's complement at the upper end. */
  static double celsius(byte upper, byte lower) {
    return ((upper << 2) | ((lower & 0xff) >> 6)) / 4.0;
  }

  /** Seconds since 1970 of the seven time registers, which are binary coded decimals. */
  static double seconds(byte[] time) throws SensorFault {
    boolean twelveHours = (time[2] & 0x40) != 0;
    int hour =
        twelveHours
            ? decimal(time[2] & 0x1f) % 12 + ((time[2] & 0x20) != 0 ? 12 : 0)
            : decimal(time[2] & 0x3f);
    int century = (time[5] & 0x80) != 0 ? 2100 : 2000;
    try {
      return (double)
          LocalDateTime.of(
                  century + decimal(time[6] & 0xff),
                  decimal(time[5] & 0x1f),
                  decimal(time[4] & 0x3f),
                  hour,
                  decimal(time[1] & 0x7f),
                  decimal(time[0] & 0x7f))
              .toEpochSecond(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      throw new SensorFault(Fault.BAD_DATA, "the DS3231's time is none: " + e.getMessage(), e);
    }
  }

  private static int decimal(int coded) {
    return (coded >> 4) * 10 + (coded & 0x0f);
  }

  /** 25.25 °C, the data sheet's example, at noon of the first day of 2026. */
  private static byte[] simulate(byte[] written, int length) {
    return Arrays.copyOf(
        switch (written[0]) {
          case TIME -> new byte[] {0, 0, 0x12, 5, 0x01, 0x01, 0x26};
          case TEMPERATURE -> new byte[] {0b0001_1001, 0b0100_0000};
          default -> new byte[0];
        },
        length);
  }
}
