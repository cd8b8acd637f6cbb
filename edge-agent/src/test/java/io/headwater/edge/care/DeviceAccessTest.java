package io.headwater.edge.care;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class DeviceAccessTest {
  private static final Path CONFIG = Path.of("/etc/headwater/edge.yaml");

  @Test
  void opensWhatIsNeededAndNamesTheGroupsThatThereAre() {
    assertThat(
            DeviceAccess.dropIn(
                CONFIG,
                List.of("/dev/spidev0.0", "/dev/i2c-1", "/dev/i2c-3", "/dev/gpiochip0"),
                List.of("i2c", "gpio", "users")))
        .isEqualTo(
            """
            # Written by 'headwater edge init' for the inputs and outputs of /etc/headwater/edge.yaml:
            # /dev/gpiochip0, /dev/i2c-1, /dev/i2c-3, /dev/spidev0.0.
            # Once they have changed, call it again.
            [Service]
            PrivateDevices=no
            DevicePolicy=closed
            DeviceAllow=char-gpiochip rw
            DeviceAllow=char-i2c rw
            DeviceAllow=char-spi rw
            SupplementaryGroups=gpio i2c
            """);
  }

  @Test
  void pulsesNeedNoDeviceButSettingsOfTheKernel() {
    assertThat(DeviceAccess.dropIn(CONFIG, List.of("/sys/class/pwm/pwmchip0"), List.of()))
        .contains("ProtectKernelTunables=no\n")
        .doesNotContain("PrivateDevices", "SupplementaryGroups");
  }

  @Test
  void whatIsNotThereIsTold() {
    assertThat(DeviceAccess.check("/dev/i2c-77").toString())
        .startsWith("FAILED   device /dev/i2c-77: it is not there: switch the bus on");
  }
}
