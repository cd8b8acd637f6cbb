package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What systemd itself says of the unit. */
@NullMarked
@Timeout(60)
class SystemdUnitIT {
  private static final String INSTALLED = "/usr/lib/headwater/headwater";

  @TempDir private Path folder;

  @Test
  void systemdFindsNoFaultInTheUnit() throws Exception {
    // Unknown keys are only printed: the exit code says nothing of them.
    assertThat(analyze("verify", "--man=no")).isEmpty();
  }

  @Test
  void theServiceIsConfined() throws Exception {
    // Exposure from 0 to 10, times 10.
    assertThat(analyze("security", "--offline=yes", "--threshold=20", "--no-pager"))
        .contains("Overall exposure level");
  }

  /** The output of {@code systemd-analyze} on the unit, which must end with 0. */
  private String analyze(String command, String... options) throws IOException {
    Path program = OutsideSoftware.find("systemd-analyze");
    Path shipped = Headwater.home().resolve("systemd/headwater-edge.service");
    String text = Files.readString(shipped);
    assertThat(text).contains("ExecStart=" + INSTALLED + " edge ");
    // systemd looks for the program, which is installed later: the checkout's launcher stands in.
    Path unit =
        Files.writeString(
            folder.resolve("headwater-edge.service"),
            text.replace(INSTALLED, Headwater.home().resolve("headwater").toString()));

    String[] line = new String[options.length + 3];
    line[0] = program.toString();
    line[1] = command;
    System.arraycopy(options, 0, line, 2, options.length);
    line[line.length - 1] = unit.toString();
    try (var process = ChildProcess.start(folder, line)) {
      assertThat(process.awaitExit(Duration.ofSeconds(30))).as(process.output()).isZero();
      return process.output();
    }
  }
}
