package io.headwater.edge.input.sensor;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** A number in registers of any I2C chip; {@code scale} and {@code offset} give it its meaning. */
final class I2cRegister implements Sensor {
  private static final String BIG = "big";

  static final SensorType TYPE =
      new SensorType(
          "i2c-register",
          Set.of(I2cSettings.BUS, I2cSettings.ADDRESS, "register", "width", "endianness", "signed"),
          keys -> {
            int register = keys.integer("register", 0, 255);
            int width = Integer.parseInt(keys.choice("width", "8", List.of("8", "16", "24", "32")));
            boolean big = keys.choice("endianness", BIG, List.of(BIG, "little")).equals(BIG);
            boolean signed = keys.flag("signed", false);
            return new I2cSettings(
                I2cSettings.bus(keys),
                keys.integer(I2cSettings.ADDRESS, 0x03, 0x77),
                List.of(Quantity.of(Quantity.VALUE, "")),
                (_, length) -> Arrays.copyOf(new byte[] {42}, length),
                (port, _) -> new I2cRegister(port, register, width, big, signed));
          });

  private final I2cPort port;
  private final int register;
  private final int width;
  private final boolean big;
  private final boolean signed;

  private I2cRegister(I2cPort port, int register, int width, boolean big, boolean signed) {
    this.port = port;
    this.register = register;
    this.width = width;
    this.big = big;
    this.signed = signed;
  }

  @Override
  public double[] read() throws SensorFault {
    return new double[] {
      (double) number(port.readRegister(register, width / Byte.SIZE), big, signed)
    };
  }

  static long number(byte[] bytes, boolean big, boolean signed) {
    long number = 0;
    for (int i = 0; i < bytes.length; i++) {
      number = (number << Byte.SIZE) | (bytes[big ? i : bytes.length - 1 - i] & 0xff);
    }
    int unused = Long.SIZE - bytes.length * Byte.SIZE;
    return signed ? (number << unused) >> unused : number;
  }
}
