package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Mosquitto;
import io.headwater.testsupport.OutsideSoftware;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A file with which Mosquitto bridges, and what the agent does with its translation. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class RemoteImportIT {
  @TempDir private Path folder;

  @Test
  void theTranslatedFileDoesWhatTheBridgeDid() throws Exception {
    certificate("server");
    certificate("site");
    program("mosquitto_passwd", "-b", "-c", folder.resolve("users").toString(), "site7", "s3cret");
    try (Mosquitto plant =
            Mosquitto.startOnly(
                folder,
                """
                user root
                listener $PORT 127.0.0.1
                allow_anonymous false
                password_file %1$s/users
                cafile %1$s/site.crt
                certfile %1$s/server.crt
                keyfile %1$s/server.key
                require_certificate true
                """
                    .formatted(folder));
        Mosquitto office = Mosquitto.start(folder)) {
      Path bridge =
          Files.writeString(
              folder.resolve("bridge.conf"),
              """
              # /etc/mosquitto/conf.d/bridge.conf of site 7
              persistent_client_expiration 14d

              connection plant
              address 127.0.0.1:%1$d
              bridge_cafile %3$s/server.crt
              bridge_certfile %3$s/site.crt
              bridge_keyfile %3$s/site.key
              bridge_tls_version tlsv1.2
              remote_username site7
              remote_password s3cret
              remote_clientid site7-bridge
              cleansession false
              notifications false
              try_private true
              keepalive_interval 20
              restart_timeout 5 30
              topic sensors/# out 1 "" plant/site7/
              topic commands/# in 1 "" plant/site7/

              connection office
              addresses 127.0.0.1:%2$d
              topic state/# both 0
              """
                  .formatted(plant.port(), office.port(), folder));

      String yaml = translate(bridge);

      assertThat(yaml)
          .contains(
              "# line 2: persistent_client_expiration 14d: not an option of a bridge",
              "# line 9: bridge_tls_version tlsv1.2: ",
              "# line 11: remote_password: ",
              "# line 14: notifications false: ",
              "# line 15: try_private true: ",
              "# line 17: restart_timeout 5 30: ")
          .doesNotContain("s3cret");
      Files.writeString(folder.resolve("plant.password"), "s3cret\n");
      try (TestAgent agent =
              new TestAgent(folder, "site7", yaml.replace("/etc/headwater", folder.toString()));
          TestClient near = new TestClient(agent.port(), "near").subscribe("commands/#");
          TestClient far = new TestClient(office.port(), "far").subscribe("#")) {
        await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> agent.isConnected("plant") && agent.isConnected("office"));
        near.publish("sensors/a/temperature", "21");
        near.publish("state/here", "on");
        far.publish("state/there", "off");
        pub("plant/site7/commands/dev1", "go");

        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() -> {
              assertThat(near.values("commands/dev1")).containsExactly("go");
              assertThat(agent.values("$remote/office")).containsExactly("off");
              assertThat(agent.metric("edge_remote_sent_messages_total", "plant")).isEqualTo(1);
              assertThat(far.values("state/here")).containsExactly("on");
            });
        assertThat(far.received()).hasSize(2); // each once, the readings not at all
      }
    }
  }

  private static String translate(Path file) {
    var out = new StringWriter();
    var command = new CommandLine(new ImportMosquittoCommand()).setOut(new PrintWriter(out));

    assertThat(command.execute(file.toString())).isZero();
    return out.toString();
  }

  /** By another client of the plant's broker. */
  private void pub(String topic, String value) throws Exception {
    String config = Files.readString(folder.resolve("bridge.conf"));
    String port =
        config.lines().filter(line -> line.startsWith("address ")).findFirst().orElseThrow();
    program(
        "mosquitto_pub",
        "-p",
        port.substring(port.lastIndexOf(':') + 1),
        "-h",
        "127.0.0.1",
        "--cafile",
        folder.resolve("server.crt").toString(),
        "--cert",
        folder.resolve("site.crt").toString(),
        "--key",
        folder.resolve("site.key").toString(),
        "-u",
        "site7",
        "-P",
        "s3cret",
        "-q",
        "1",
        "-t",
        topic,
        "-m",
        value);
  }

  /** A certificate that signs itself. */
  private void certificate(String name) {
    program(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=" + name,
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        folder.resolve(name + ".key").toString(),
        "-out",
        folder.resolve(name + ".crt").toString());
  }

  private void program(String program, String... arguments) {
    String[] command = new String[arguments.length + 1];
    command[0] = OutsideSoftware.find(program).toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    try (var process = ChildProcess.start(folder, command)) {
      assertThat(process.awaitExit(Duration.ofSeconds(30))).as(process.output()).isZero();
    }
  }
}
