package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class DemoIT {
  private static final Duration RUNS_WITHIN = Duration.ofSeconds(60);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private ChildProcess demo(Path data, String... more) {
    String[] arguments = new String[3 + more.length];
    arguments[0] = "demo";
    arguments[1] = "--data";
    arguments[2] = data.toString();
    System.arraycopy(more, 0, arguments, 3, more.length);
    return Headwater.start(folder, arguments);
  }

  private static void awaitOutput(ChildProcess process, String text) {
    try {
      Awaitility.await(text)
          .atMost(RUNS_WITHIN)
          .until(() -> process.output().contains(text) || !process.isAlive());
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("not seen: " + text + "\n" + process.output(), e);
    }
    assertThat(process.output()).contains(text);
  }

  private static String find(String output, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(output);
    assertThat(matcher.find()).as("%s in%n%s", pattern, output).isTrue();
    return matcher.group(1);
  }

  @Test
  void endsByItselfOrOnCtrlCWithAVerdictOncePerFolderAndAgainOnItsData() {
    Path data = folder.resolve("data");
    try (ChildProcess first = demo(data, "--ports", "free", "--for", "10s")) {
      awaitOutput(first, "Everything runs.");

      try (ChildProcess second = demo(data, "--ports", "free", "--for", "1s")) {
        assertThat(second.awaitExit(RUNS_WITHIN)).isEqualTo(1);
        assertThat(second.output().strip())
            .isEqualTo(
                "data folder %s is in use by pid %d (headwater demo); stop it or choose another folder with --data"
                    .formatted(data, first.pid()));
      }

      assertThat(first.awaitExit(RUNS_WITHIN)).as(first.output()).isZero();
      assertThat(first.output())
          .contains("First window result after ")
          .containsPattern("(?m)^ +[1-9][0-9]+  acknowledged ")
          .containsPattern("(?m)^ +[1-9][0-9]+  arrived ")
          .containsPattern("(?m)^ +0  lost ")
          .containsPattern("(?m)^ +0  duplicated ")
          .containsPattern("(?m)^ +[0-9]+  resent ")
          .endsWith("PASSED\n");
    }
    try (ChildProcess again = demo(data, "--ports", "free")) {
      awaitOutput(again, "   3 s ");
      again.signal("INT");
      again.awaitExit(RUNS_WITHIN);
      assertThat(again.output()).contains("acknowledged").endsWith("PASSED\n");
    }
  }

  @Test
  void namesATakenPortAndItsHolderBeforeAnythingStarts() throws IOException {
    try (Optional1883 _ = new Optional1883();
        ChildProcess demo = demo(folder.resolve("data"), "--for", "1s")) {
      assertThat(demo.awaitExit(RUNS_WITHIN)).isEqualTo(1);
      assertThat(demo.output())
          .containsPattern("(?m)^MQTT port 1883 is in use by pid [0-9]+ \\(.*\\); stop it")
          .doesNotContain("Starting");
    }
  }

  /** Holds the MQTT port, unless another process on this machine does already. */
  private static final class Optional1883 implements AutoCloseable {
    private Optional<ServerSocket> socket;

    Optional1883() {
      try {
        socket = Optional.of(new ServerSocket(1883, 1, InetAddress.getLoopbackAddress()));
      } catch (IOException _) {
        socket = Optional.empty();
      }
    }

    @Override
    public void close() throws IOException {
      if (socket.isPresent()) {
        socket.get().close();
      }
    }
  }

  @Test
  void takesAReadingOfMosquittoPubAndShowsItToKcatWithItsWindow() {
    String mosquittoPub = OutsideSoftware.find("mosquitto_pub").toString();
    String kcat = OutsideSoftware.find("kcat").toString();
    try (ChildProcess demo = demo(folder.resolve("data"), "--ports", "free")) {
      awaitOutput(demo, "   1 s ");
      String port = find(demo.output(), "mosquitto_pub -p ([0-9]+) ");
      String hub = find(demo.output(), "kcat -b (\\S+) ");
      try (ChildProcess readings =
              ChildProcess.start(
                  folder,
                  kcat,
                  "-b",
                  hub,
                  "-C",
                  "-u",
                  "-t",
                  "sensors.temperature",
                  "-o",
                  "end",
                  "-f",
                  "reading %k=%s\\n");
          ChildProcess windows =
              ChildProcess.start(
                  folder,
                  kcat,
                  "-b",
                  hub,
                  "-C",
                  "-u",
                  "-t",
                  "analytics.temperature-10s",
                  "-o",
                  "end",
                  "-f",
                  "window %k=%s\\n")) {
        awaitOutput(readings, "reading demo-");
        awaitOutput(windows, "window demo-");
        ChildProcess publish =
            ChildProcess.start(
                folder,
                mosquittoPub,
                "-p",
                port,
                "-q",
                "1",
                "-t",
                "sensors/lab/dev42/temperature",
                "-m",
                "21.5");
        assertThat(publish.awaitExit(RUNS_WITHIN)).as(publish.output()).isZero();
        awaitOutput(readings, "reading dev42=21.5\n");
        awaitOutput(windows, "window dev42={");
        assertThat(find(windows.output(), "window dev42=(.*)"))
            .contains("\"query\":\"temperature-10s\"", "\"count\":1", "\"mean\":21.5");
      }
      demo.signal("TERM");
      demo.awaitExit(RUNS_WITHIN);
      assertThat(demo.output()).endsWith("PASSED\n");
    }
  }
}
