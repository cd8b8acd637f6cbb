package io.headwater.edge.care;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.TreeSet;

/**
 * What the service must be allowed so that inputs and outputs reach their devices: its unit closes
 * all of them.
 */
public final class DeviceAccess {
  /** The first line of what {@link #dropIn} gives, by which it is known again. */
  public static final String MARK = "# Written by 'headwater edge init'";

  private static final String I2C = "/dev/i2c-";
  private static final String SPI = "/dev/spidev";
  private static final String GPIO = "/dev/gpiochip";
  private static final String PWM = "/sys/class/pwm/";

  private DeviceAccess() {}

  /**
   * A drop-in for the unit.
   *
   * @param config whose inputs and outputs they are
   * @param deviceFiles that these need; one at least
   * @param groups that this machine has: a unit that names another does not start
   */
  public static String dropIn(
      Path config, Collection<String> deviceFiles, Collection<String> groups) {
    var kinds = new TreeSet<String>();
    var owners = new TreeSet<String>();
    boolean settings = false;
    for (String file : deviceFiles) {
      if (file.startsWith(I2C)) {
        kinds.add("char-i2c");
        owners.add("i2c");
      } else if (file.startsWith(SPI)) {
        kinds.add("char-spi");
        owners.add("spi");
      } else if (file.startsWith(GPIO)) {
        kinds.add("char-gpiochip");
        owners.add("gpio");
      } else if (file.startsWith(PWM)) {
        settings = true;
        owners.add("gpio"); // Raspberry Pi OS gives them to it
      }
    }
    owners.retainAll(groups);
    var text = new StringBuilder(MARK + " for the inputs and outputs of " + config + ":\n# ");
    text.append(String.join(", ", new TreeSet<>(deviceFiles)))
        .append(".\n# Once they have changed, call it again.\n[Service]\n");
    if (!kinds.isEmpty()) {
      text.append("PrivateDevices=no\nDevicePolicy=closed\n");
      kinds.forEach(kind -> text.append("DeviceAllow=").append(kind).append(" rw\n"));
    }
    if (settings) {
      text.append("# PWM chips are driven by files below /sys.\nProtectKernelTunables=no\n");
    }
    if (!owners.isEmpty()) {
      text.append("SupplementaryGroups=").append(String.join(" ", owners)).append('\n');
    }
    return text.toString();
  }

  /** Whether this user reaches a device. */
  public static Finding check(String deviceFile) {
    Path file = Path.of(deviceFile);
    String what = "device " + deviceFile;
    if (!Files.exists(file)) {
      return Finding.failed(
          what, "it is not there: switch the bus on, or set 'simulate: true' to try without it");
    }
    // Of a folder of settings the files within count, which appear when a channel is opened.
    return Files.isDirectory(file) || (Files.isReadable(file) && Files.isWritable(file))
        ? Finding.ok(what, "it is there")
        : Finding.failed(
            what,
            "user %s may not use it: it must be in the group that owns it"
                .formatted(System.getProperty("user.name")));
  }
}
