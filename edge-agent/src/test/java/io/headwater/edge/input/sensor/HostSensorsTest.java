package io.headwater.edge.input.sensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel tells, by files as a Raspberry Pi has them. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class HostSensorsTest {
  @TempDir private Path root;

  private void file(String path, String text) throws IOException {
    Path file = root.resolve(path.substring(1));
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private double[] read(String type, Map<String, String> keys) throws SensorFault {
    return TestMachine.settings(type, keys).open(new TestMachine(root)).read();
  }

  private double[] read(String type) throws SensorFault {
    return read(type, Map.of());
  }

  @Test
  void cpuTemperatureIsOfTheZoneThatIsNamedForIt() throws Exception {
    file("/sys/class/thermal/thermal_zone0/type", "gpu-thermal\n");
    file("/sys/class/thermal/thermal_zone0/temp", "11000\n");
    file("/sys/class/thermal/thermal_zone1/type", "cpu-thermal\n");
    file("/sys/class/thermal/thermal_zone1/temp", "48312\n");

    assertThat(read("cpu-temperature")).containsExactly(48.312);
  }

  @Test
  void cpuTemperatureIsOfTheFirstZoneIfNoneIsNamed() throws Exception {
    file("/sys/class/thermal/thermal_zone0/type", "acpitz\n");
    file("/sys/class/thermal/thermal_zone0/temp", "27800\n");

    assertThat(read("cpu-temperature")).containsExactly(27.8);
  }

  @Test
  void loadAverages() throws Exception {
    file("/proc/loadavg", "0.20 0.18 0.12 1/80 11206\n");

    assertThat(read("load")).containsExactly(0.20, 0.18, 0.12);
  }

  @Test
  void memory() throws Exception {
    file("/proc/meminfo", "MemTotal:  1000 kB\nMemFree: 100 kB\nMemAvailable:     250 kB\n");

    assertThat(read("memory")).containsExactly(256000, 75);
  }

  @Test
  void diskIsThatOfTheFolder() throws Exception {
    double[] values = read("disk", Map.of("path", "/"));

    assertThat(values[0]).isCloseTo((double) root.toFile().getUsableSpace(), within(1e9));
    assertThat(values[1]).isBetween(0.0, 100.0);
  }

  @Test
  void throttlingAndUnderVoltageAreBitsOfTheFirmware() throws Exception {
    file("/sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n");

    assertThat(read("under-voltage")).containsExactly(1);
    assertThat(read("throttling")).as("throttled; not capped, not hot").containsExactly(1, 0, 0);

    file("/sys/devices/platform/soc/soc:firmware/get_throttled", "5000a\n");

    assertThat(read("under-voltage")).as("was, is not any more").containsExactly(0);
    assertThat(read("throttling")).containsExactly(0, 1, 1);
  }

  @Test
  void underVoltageIsAlsoTheKernelsAlarm() throws Exception {
    file("/sys/class/hwmon/hwmon0/name", "cpu_thermal\n");
    file("/sys/class/hwmon/hwmon1/name", "rpi_volt\n");
    file("/sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n");

    assertThat(read("under-voltage")).containsExactly(1);
  }

  @Test
  void whatTheKernelDoesNotTellIsMissing() {
    for (String type :
        new String[] {"cpu-temperature", "load", "memory", "throttling", "under-voltage"}) {
      assertThatThrownBy(() -> read(type))
          .as(type)
          .isInstanceOfSatisfying(
              SensorFault.class, e -> assertThat(e.fault()).isEqualTo(Fault.MISSING));
    }
  }

  @Test
  void oneWireTemperature() throws Exception {
    // Given: the kernel's own example
    file(
        "/sys/bus/w1/devices/28-0316a2795dff/w1_slave",
        """
        72 01 4b 46 7f ff 0e 10 57 : crc=57 YES
        72 01 4b 46 7f ff 0e 10 57 t=23125
        """);

    assertThat(read("w1-temperature", Map.of("id", "28-0316a2795dff"))).containsExactly(23.125);
  }

  @Test
  void oneWireBelowZero() throws Exception {
    file(
        "/sys/bus/w1/devices/28-0316a2795dff/w1_slave",
        "5e ff 4b 46 7f ff 02 10 aa : crc=aa YES\n5e ff 4b 46 7f ff 02 10 aa t=-10125\n");

    assertThat(read("w1-temperature", Map.of("id", "28-0316a2795dff"))).containsExactly(-10.125);
  }

  @Test
  void oneWireNonsenseIsAFault() throws Exception {
    Map<String, String> keys = Map.of("id", "28-0316a2795dff");
    String path = "/sys/bus/w1/devices/28-0316a2795dff/w1_slave";

    assertThatThrownBy(() -> read("w1-temperature", keys))
        .hasMessage("1-Wire device 28-0316a2795dff does not answer");
    file(path, "72 01 4b 46 7f ff 0e 10 57 : crc=58 NO\n72 01 4b 46 7f ff 0e 10 57 t=23125\n");
    assertThatThrownBy(() -> read("w1-temperature", keys))
        .hasMessage("the checksum of 1-Wire device 28-0316a2795dff is wrong");
    file(path, "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n");
    assertThatThrownBy(() -> read("w1-temperature", keys))
        .hasMessageContaining("has lost its power");
    file(path, "");
    assertThatThrownBy(() -> read("w1-temperature", keys)).isInstanceOf(SensorFault.class);
  }
}
