package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.care.DeviceAccess;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What systemd itself says of the units. */
@NullMarked
@Timeout(60)
class SystemdUnitIT {
  private static final Pattern INSTALLED =
      Pattern.compile("/usr/lib/headwater/(edge|hub)/headwater");

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "headwater-edge.service",
        "headwater-hub@.service",
        "headwater-bridge@.service",
        "headwater-analytics.service"
      })
  void systemdFindsNoFaultInAUnitAndItIsConfined(String unit) throws Exception {
    // Unknown keys are only printed: the exit code says nothing of them.
    assertThat(analyze(unit, "verify", "--man=no")).isEmpty();
    // Exposure from 0 to 10, times 10.
    assertThat(analyze(unit, "security", "--offline=yes", "--threshold=20", "--no-pager"))
        .contains("Overall exposure level");
  }

  @Test
  void withTheDropInForDevicesItIsNearlyAsConfined() throws Exception {
    Path file = Path.of("/etc/headwater/edge.yaml");
    String dropIn =
        DeviceAccess.dropIn(
            file,
            List.of("/dev/gpiochip0", "/dev/i2c-1", "/dev/spidev0.0", "/sys/class/pwm/pwmchip0"),
            List.of());
    String unit = Files.readString(Headwater.home().resolve("systemd/headwater-edge.service"));

    // What a drop-in says comes after the unit's.
    assertThat(
            analyzeText(
                "headwater-edge.service",
                unit + dropIn,
                "security",
                "--offline=yes",
                "--threshold=25",
                "--no-pager"))
        .contains("Overall exposure level");
  }

  private String analyze(String unit, String command, String... options) throws IOException {
    String text = Files.readString(Headwater.home().resolve("systemd").resolve(unit));
    assertThat(text).containsPattern("ExecStart=" + INSTALLED);
    return analyzeText(unit, text, command, options);
  }

  /** The output of {@code systemd-analyze} on the unit, which must end with 0. */
  private String analyzeText(String unit, String text, String command, String... options)
      throws IOException {
    Path program = OutsideSoftware.find("systemd-analyze");
    // systemd looks for the program, which is installed later: the checkout's launcher stands in.
    Path file =
        Files.writeString(
            folder.resolve(unit.replace("@", "@main")),
            INSTALLED
                .matcher(text)
                .replaceAll(
                    Matcher.quoteReplacement(Headwater.home().resolve("headwater").toString())));

    String[] line = new String[options.length + 3];
    line[0] = program.toString();
    line[1] = command;
    System.arraycopy(options, 0, line, 2, options.length);
    line[line.length - 1] = file.toString();
    try (var process = ChildProcess.start(folder, line)) {
      assertThat(process.awaitExit(Duration.ofSeconds(30))).as(process.output()).isZero();
      return process.output();
    }
  }
}
