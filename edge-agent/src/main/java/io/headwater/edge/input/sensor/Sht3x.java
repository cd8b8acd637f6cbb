package io.headwater.edge.input.sensor;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Sensirion SHT30, SHT31 and SHT35: temperature and humidity. Data sheet of the SHT3x-DIS: single
 * shot without clock stretching, section 4.3; checksum, section 4.12; conversion, section 4.13.
 */
final class Sht3x implements Sensor {
  private static final byte[] MEASURE = {0x24, 0x00};

  /** Longest with high repeatability: 15.5 ms, section 2.2. */
  private static final Duration CONVERSION = Duration.ofMillis(16);

  private static final List<Quantity> QUANTITIES =
      List.of(new Quantity("temperature", "°C", -45, 130), new Quantity("humidity", "%", 0, 100));

  static final SensorType TYPE =
      new SensorType(
          "sht3x",
          Set.of(I2cSettings.BUS, I2cSettings.ADDRESS),
          keys -> I2cSettings.of(keys, 0x44, 0x44, 0x45, QUANTITIES, Sht3x::simulate, Sht3x::new));

  private final I2cPort port;
  private final Machine machine;

  private Sht3x(I2cPort port, Machine machine) {
    this.port = port;
    this.machine = machine;
  }

  @Override
  public double[] read() throws SensorFault {
    port.write(MEASURE);
    machine.pause(CONVERSION);
    byte[] answer = port.read(6);
    return new double[] {celsius(word(answer, 0)), percent(word(answer, 3))};
  }

  private static int word(byte[] answer, int at) throws SensorFault {
    if (crc(Arrays.copyOfRange(answer, at, at + 2)) != (answer[at + 2] & 0xff)) {
      throw new SensorFault(Fault.BAD_DATA, "the checksum of the SHT3x is wrong");
    }
    return ((answer[at] & 0xff) << 8) | (answer[at + 1] & 0xff);
  }

  static double celsius(int raw) {
    return -45 + 175 * raw / 65535.0;
  }

  static double percent(int raw) {
    return 100 * raw / 65535.0;
  }

  /** CRC-8 with polynomial 0x31, initial value 0xff. */
  static int crc(byte[] bytes) {
    int crc = 0xff;
    for (byte each : bytes) {
      crc ^= each & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x80) == 0 ? crc << 1 : (crc << 1) ^ 0x31;
      }
      crc &= 0xff;
    }
    return crc;
  }

  /** 21.6 °C and 45 %. */
  private static byte[] simulate(byte[] written, int length) {
    byte[] temperature = {0x61, 0x6a};
    byte[] humidity = {0x73, 0x33};
    return Arrays.copyOf(
        new byte[] {
          temperature[0],
          temperature[1],
          (byte) crc(temperature),
          humidity[0],
          humidity[1],
          (byte) crc(humidity)
        },
        length);
  }
}
