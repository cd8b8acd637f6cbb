package io.headwater.edge.input.sensor;

import java.nio.file.Path;

/**
 * What a Raspberry Pi's firmware tells of power and heat: the bits of {@code vcgencmd
 * get_throttled}, hexadecimal in a file of the driver raspberrypi-hwmon's parent.
 */
final class RaspberryFirmware {
  static final String THROTTLED = "/sys/devices/platform/soc/soc:firmware/get_throttled";
  static final int UNDER_VOLTAGE = 1;
  static final int FREQUENCY_CAPPED = 1 << 1;
  static final int THROTTLED_NOW = 1 << 2;
  static final int SOFT_TEMPERATURE_LIMIT = 1 << 3;

  private RaspberryFirmware() {}

  static int bits(Path file) throws SensorFault {
    String text = HostFile.read(file);
    try {
      return Integer.parseUnsignedInt(text.startsWith("0x") ? text.substring(2) : text, 16);
    } catch (NumberFormatException e) {
      throw new SensorFault(Fault.BAD_DATA, file + " holds '" + text + "'", e);
    }
  }

  static double flag(int bits, int bit) {
    return (bits & bit) == 0 ? 0 : 1;
  }
}
