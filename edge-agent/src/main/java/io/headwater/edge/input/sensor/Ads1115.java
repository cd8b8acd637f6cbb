package io.headwater.edge.input.sensor;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Texas Instruments ADS1115: volts at one of four inputs, or between two of them. Data sheet
 * SBAS444: registers in section 8.1 (rev. E), codes in section 7.5.2. One conversion for each read,
 * at 128 a second.
 */
final class Ads1115 implements Sensor {
  private static final int CONVERSION = 0x00;
  private static final int CONFIG = 0x01;
  private static final int START = 1 << 15;
  private static final int SINGLE_SHOT = 1 << 8;
  private static final int SAMPLES_128 = 0b100 << 5;
  private static final int NO_COMPARATOR = 0b11;

  /** A conversion of 1/128 s, ten per cent more for the chip's oscillator. */
  private static final Duration CONVERTING = Duration.ofMillis(9);

  private static final int MOST_WAITS = 5;

  private static final Map<String, Integer> MULTIPLEXER =
      Map.of("0-1", 0, "0-3", 1, "1-3", 2, "2-3", 3, "0", 4, "1", 5, "2", 6, "3", 7);

  /** Full scales in volts, in the order of their codes. */
  private static final List<String> RANGES =
      List.of("6.144", "4.096", "2.048", "1.024", "0.512", "0.256");

  static final SensorType TYPE =
      new SensorType(
          "ads1115",
          Set.of(I2cSettings.BUS, I2cSettings.ADDRESS, "channel", "range"),
          keys -> {
            String channel =
                keys.choice("channel", "0", MULTIPLEXER.keySet().stream().sorted().toList());
            String range = keys.choice("range", "2.048", RANGES);
            double volts = Double.parseDouble(range);
            int config =
                START
                    | (MULTIPLEXER.getOrDefault(channel, 0) << 12)
                    | (RANGES.indexOf(range) << 9)
                    | SINGLE_SHOT
                    | SAMPLES_128
                    | NO_COMPARATOR;
            return I2cSettings.of(
                keys,
                0x48,
                0x48,
                0x4B,
                List.of(new Quantity(Quantity.VALUE, "V", -volts, volts)),
                Ads1115::simulate,
                (port, machine) -> new Ads1115(port, machine, config, volts));
          });

  private final I2cPort port;
  private final Machine machine;
  private final int config;
  private final double fullScale;

  private Ads1115(I2cPort port, Machine machine, int config, double fullScale) {
    this.port = port;
    this.machine = machine;
    this.config = config;
    this.fullScale = fullScale;
  }

  @Override
  public double[] read() throws SensorFault {
    port.write((byte) CONFIG, (byte) (config >> 8), (byte) config);
    machine.pause(CONVERTING);
    for (int i = 0; (port.readRegister(CONFIG, 2)[0] & 0x80) == 0; i++) {
      if (i == MOST_WAITS) {
        throw new SensorFault(Fault.NO_ANSWER, "the ADS1115 does not end its conversion");
      }
      machine.pause(CONVERTING);
    }
    byte[] code = port.readRegister(CONVERSION, 2);
    return new double[] {volts((short) ((code[0] << 8) | (code[1] & 0xff)), fullScale)};
  }

  /** A code is a 32768th of the full scale. */
  static double volts(short code, double fullScale) {
    return code * fullScale / 32768;
  }

  /** Half of the full scale. */
  private static byte[] simulate(byte[] written, int length) {
    return Arrays.copyOf(
        written[0] == CONFIG ? new byte[] {(byte) 0x85, (byte) 0x83} : new byte[] {0x40, 0x00},
        length);
  }
}
