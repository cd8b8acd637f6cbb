package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.Main;
import io.headwater.testsupport.FreePorts;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Of {@code headwater edge check} and {@code diag}, which has what it says. */
@Timeout(60)
class CheckCommandTest {
  @TempDir private Path folder;
  private Path config;
  private Path data;
  private String said = "";

  @BeforeEach
  void name() {
    config = folder.resolve("edge.yaml");
    data = folder.resolve("not/there/yet");
  }

  private int run(Object command, String... options) {
    var text = new StringWriter();
    var writer = new PrintWriter(text);
    int code = Main.commandLine(command).setOut(writer).setErr(writer).execute(options);
    said = text.toString();
    return code;
  }

  private int check() {
    return run(new CheckCommand(), "--config", config.toString());
  }

  @Test
  void tellsHowAllIsThatAnAgentNeeds() throws Exception {
    try (var bridge = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Files.writeString(
          config,
          "data: %s\nuplink: {bridges: ['127.0.0.1:%d']}\n".formatted(data, bridge.getLocalPort()));

      assertThat(check()).as(said).isZero();

      assertThat(said)
          .contains("ok       configuration: ")
          .containsPattern("(?m)^(ok|warning) +disk room: [0-9]+ MB of [0-9]+ MB on ")
          .containsPattern("(?m)^(ok|warning) +disk speed: 4 KiB are forced in [0-9.]+ ms ")
          .containsPattern("(?m)^(ok|warning) +clock: it is 20")
          .contains("ok       bridge 127.0.0.1:" + bridge.getLocalPort() + ": connected to ");
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).as("it leaves nothing behind").containsExactly(config);
    }
  }

  @Test
  void namesWhatIsNotWellAndFails() throws Exception {
    int nobody = FreePorts.take();
    Files.writeString(
        config,
        """
        data: %s
        access: {password-file: %s}
        log: {space: {free: 1000000GiB}}
        uplink: {bridges: ['127.0.0.1:%d', 'no-such-host.invalid:1']}
        inputs:
        - {name: roof, type: sht3x, bus: 77, topic: "sensors/a/roof/{quantity}"}
        - {name: rof, type: sht4x, topic: "sensors/a/b"}
        """
            .formatted(data, folder.resolve("missing"), nobody));

    assertThat(check()).isEqualTo(1);

    assertThat(said)
        .containsPattern("(?m)^FAILED +configuration: .*missing")
        .containsPattern("(?m)^FAILED +inputs: .*line 7.*sht4x")
        .contains("FAILED   device /dev/i2c-77: it is not there")
        .containsPattern("(?m)^FAILED +disk room: .*make room")
        .contains("FAILED   bridge 127.0.0.1:" + nobody + ": nobody answers (Connection refused)")
        .contains("FAILED   bridge no-such-host.invalid:1: the name ");
  }

  @Test
  void tlsIsTried() throws Exception {
    try (var bridge = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      // Speaks, but not TLS.
      Thread.ofVirtual()
          .start(() -> {
            try (var client = bridge.accept()) {
              client.getOutputStream().write("hello\n".getBytes(StandardCharsets.US_ASCII));
              client.getInputStream().readAllBytes();
            } catch (IOException _) {
              // The other side has seen enough.
            }
          });
      Files.writeString(
          config,
          "data: %s\nuplink: {bridges: ['127.0.0.1:%d'], tls: {}}\n"
              .formatted(data, bridge.getLocalPort()));

      assertThat(check()).isEqualTo(1);
      assertThat(said)
          .contains("FAILED   bridge 127.0.0.1:" + bridge.getLocalPort() + ": TLS fails: ");
    }
  }

  @Test
  void aBundleHasAllOfItWithoutSecrets() throws Exception {
    Files.writeString(config, "data: %s\n# password: hunter2\n".formatted(data));
    Path bundle = folder.resolve("bundle.zip");

    assertThat(run(new DiagCommand(), "--config=" + config, "--into=" + bundle)).as(said).isZero();

    Map<String, String> texts = new TreeMap<>();
    try (var zip = new ZipFile(bundle.toFile())) {
      for (var entry : zip.stream().toList()) {
        texts.put(
            entry.getName(),
            new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8));
      }
    }
    assertThat(texts)
        .containsKeys(
            "machine.txt", "mounts.txt", "disks.txt", "log-files.txt", "journal.txt", "unit.txt");
    assertThat(texts.get("config.yaml")).contains("# password: (redacted)");
    assertThat(texts.get("check.txt")).contains("disk speed: ");
    assertThat(texts.get("health.json")).contains("not to be had: ");
    assertThat(String.join("\n", texts.values())).doesNotContain("hunter2");
    assertThat(Files.getPosixFilePermissions(bundle))
        .containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    assertThat(run(new DiagCommand(), "--config=" + config, "--into=" + bundle)).isEqualTo(1);
    assertThat(said).contains(bundle + " is there already");
    Path nowhere = folder.resolve("no/b.zip");
    assertThat(run(new DiagCommand(), "--config=" + config, "--into=" + nowhere)).isEqualTo(1);
    assertThat(said).contains("there is no folder for " + nowhere);
  }
}
