package io.headwater.edge.input.sensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Bosch BME280: temperature, humidity and pressure. Data sheet BST-BME280-DS001, memory map in
 * section 5.3, compensation formulas with doubles in section 8.1. Measures once for each read
 * (forced mode, no oversampling), so that it stays cool.
 */
final class Bme280 implements Sensor {
  private static final int CALIBRATION = 0x88;
  private static final int HUMIDITY_CALIBRATION = 0xE1;
  private static final int CHIP_ID = 0xD0;
  private static final byte IS_BME280 = 0x60;
  private static final byte CTRL_HUM = (byte) 0xF2;
  private static final int STATUS = 0xF3;
  private static final byte CTRL_MEAS = (byte) 0xF4;
  private static final int DATA = 0xF7;
  private static final int MEASURING = 1 << 3;
  private static final int SKIPPED = 0x80000;

  /** Longest for one sample of each, section 9.1. */
  private static final Duration CONVERSION = Duration.ofMillis(10);

  private static final int MOST_WAITS = 5;

  private static final List<Quantity> QUANTITIES =
      List.of(
          new Quantity("temperature", "°C", -40, 85),
          new Quantity("humidity", "%", 0, 100),
          new Quantity("pressure", "hPa", 300, 1100));

  static final SensorType TYPE =
      new SensorType(
          "bme280",
          Set.of(I2cSettings.BUS, I2cSettings.ADDRESS),
          keys ->
              I2cSettings.of(keys, 0x76, 0x76, 0x77, QUANTITIES, Bme280::simulate, Bme280::new));

  private final I2cPort port;
  private final Machine machine;
  private final Compensation compensation;

  private Bme280(I2cPort port, Machine machine) throws SensorFault {
    this.port = port;
    this.machine = machine;
    byte id = port.readRegister(CHIP_ID, 1)[0];
    if (id != IS_BME280) {
      throw new SensorFault(
          Fault.BAD_DATA, "the chip is no BME280: its id is 0x%02x, not 0x60".formatted(id));
    }
    compensation =
        Compensation.of(
            port.readRegister(CALIBRATION, 26), port.readRegister(HUMIDITY_CALIBRATION, 7));
  }

  @Override
  public double[] read() throws SensorFault {
    port.write(CTRL_HUM, (byte) 0x01);
    port.write(CTRL_MEAS, (byte) 0b001_001_01);
    machine.pause(CONVERSION);
    for (int i = 0; (port.readRegister(STATUS, 1)[0] & MEASURING) != 0; i++) {
      if (i == MOST_WAITS) {
        throw new SensorFault(Fault.NO_ANSWER, "the BME280 does not end its measurement");
      }
      machine.pause(CONVERSION);
    }
    byte[] data = port.readRegister(DATA, 8);
    int pressure = twentyBits(data, 0);
    int temperature = twentyBits(data, 3);
    int humidity = ((data[6] & 0xff) << 8) | (data[7] & 0xff);
    if (pressure == SKIPPED || temperature == SKIPPED) {
      throw new SensorFault(Fault.BAD_DATA, "the BME280 has not measured: it was reset meanwhile");
    }
    double fine = compensation.fine(temperature);
    return new double[] {
      Compensation.celsius(fine),
      compensation.percent(humidity, fine),
      compensation.pascal(pressure, fine) / 100
    };
  }

  private static int twentyBits(byte[] data, int at) {
    return ((data[at] & 0xff) << 12) | ((data[at + 1] & 0xff) << 4) | ((data[at + 2] & 0xff) >> 4);
  }

  /**
   * The chip's own calibration.
   *
   * @param t {@code dig_T1} to {@code dig_T3}
   * @param p {@code dig_P1} to {@code dig_P9}
   * @param h {@code dig_H1} to {@code dig_H6}
   */
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  record Compensation(int[] t, int[] p, int[] h) {
    /** From the registers 0x88 to 0xA1, and 0xE1 to 0xE7. */
    static Compensation of(byte[] first, byte[] second) {
      ByteBuffer in = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN);
      var t = new int[3];
      var p = new int[9];
      for (int i = 0; i < t.length; i++) {
        t[i] = i == 0 ? in.getShort() & 0xffff : in.getShort();
      }
      for (int i = 0; i < p.length; i++) {
        p[i] = i == 0 ? in.getShort() & 0xffff : in.getShort();
      }
      ByteBuffer more = ByteBuffer.wrap(second).order(ByteOrder.LITTLE_ENDIAN);
      var h =
          new int[] {
            first[25] & 0xff,
            more.getShort(0),
            second[2] & 0xff,
            (second[3] << 4) | (second[4] & 0x0f),
            (second[5] << 4) | ((second[4] & 0xf0) >> 4),
            second[6]
          };
      return new Compensation(t, p, h);
    }

    /** The temperature as the other formulas take it. */
    double fine(int raw) {
      double a = (raw / 16384.0 - t[0] / 1024.0) * t[1];
      double b = raw / 131072.0 - t[0] / 8192.0;
      return a + b * b * t[2];
    }

    static double celsius(double fine) {
      return fine / 5120;
    }

    double pascal(int raw, double fine) {
      double a = fine / 2 - 64000;
      double b = a * a * p[5] / 32768 + a * p[4] * 2;
      b = b / 4 + p[3] * 65536.0;
      a = (p[2] * a * a / 524288 + p[1] * a) / 524288;
      a = (1 + a / 32768) * p[0];
      if (a == 0) {
        return Double.NaN;
      }
      double pascal = (1048576 - raw - b / 4096) * 6250 / a;
      return pascal + (p[8] * pascal * pascal / 2147483648.0 + pascal * p[7] / 32768 + p[6]) / 16;
    }

    double percent(int raw, double fine) {
      double a = fine - 76800;
      a =
          (raw - (h[3] * 64.0 + h[4] / 16384.0 * a))
              * (h[1] / 65536.0 * (1 + h[5] / 67108864.0 * a * (1 + h[2] / 67108864.0 * a)));
      a *= 1 - h[0] * a / 524288;
      return Math.clamp(a, 0.0, 100.0);
    }
  }

  /** The example of the data sheet of its sister, the BMP280: 25.08 °C and 1006.53 hPa. */
  private static byte[] simulate(byte[] written, int length) {
    return Arrays.copyOf(
        switch (written[0] & 0xff) {
          case CHIP_ID -> new byte[] {IS_BME280};
          case CALIBRATION -> calibration();
          case HUMIDITY_CALIBRATION -> new byte[] {0x63, 0x01, 0, 0x14, 0x0b, 0, 0x1e};
          case DATA -> new byte[] {0x65, 0x5a, (byte) 0xc0, 0x7e, (byte) 0xed, 0, 0x70, 0};
          default -> new byte[0];
        },
        length);
  }

  private static byte[] calibration() {
    ByteBuffer bytes = ByteBuffer.allocate(26).order(ByteOrder.LITTLE_ENDIAN);
    for (int each :
        new int[] {27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000}) {
      bytes.putShort((short) each);
    }
    return bytes.put(25, (byte) 75).array();
  }
}
