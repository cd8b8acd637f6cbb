package io.headwater.edge;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import io.headwater.testsupport.CertificateAuthority;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Users, rights, certificates and reload of a running agent, by Mosquitto's own programs. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class EdgeAccessIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir private Path folder;
  private Path mosquittoPub;
  private Path mosquittoSub;
  private Path passwords;
  private Path acl;
  private Path config;
  private CertificateAuthority site;
  private ChildProcess agent;
  private Map<String, String> addresses;

  @BeforeEach
  void start() throws IOException {
    mosquittoPub = OutsideSoftware.find("mosquitto_pub");
    mosquittoSub = OutsideSoftware.find("mosquitto_sub");
    Path mosquittoPasswd = OutsideSoftware.find("mosquitto_passwd");
    passwords = folder.resolve("passwords");
    for (String user : List.of("anna", "reader", "boss")) {
      var line = new ArrayList<>(List.of(mosquittoPasswd.toString(), "-b"));
      if (!Files.exists(passwords)) {
        line.add("-c");
      }
      line.addAll(List.of(passwords.toString(), user, "secret-" + user));
      assertThat(run(line.toArray(new String[0])).exit()).isZero();
    }
    acl =
        Files.writeString(
            folder.resolve("acl"),
            """
            user reader
            topic read a/#
            topic deny a/secret
            user boss
            topic #
            pattern readwrite a/%u/#
            """);
    site = new CertificateAuthority(folder, "site");
    copy(site.issue("agent"));
    config = writeConfig("sensors.{kind}");
    agent = Headwater.start(folder, "edge", "--config=" + config);
    addresses = agent.awaitReady(SOON);
  }

  private Path writeConfig(String stream) throws IOException {
    return Files.writeString(
        folder.resolve("edge.yaml"),
        """
        data: %1$s/data
        http: 127.0.0.1:0
        listen:
          mqtt: 127.0.0.1:0
          tls: 127.0.0.1:0
        tls:
          cert: %1$s/tls.crt
          key: %1$s/tls.key
          ca: %1$s/site.crt
        access:
          password-file: %1$s/passwords
          acl-file: %1$s/acl
          allow-anonymous: never
        routes:
          - topic: sensors/+site/+device/+kind
            stream: %2$s
            key: "{device}"
        """
            .formatted(folder, stream));
  }

  private void copy(CertificateAuthority.Issued from) throws IOException {
    Files.copy(from.certificate(), folder.resolve("tls.crt"), StandardCopyOption.REPLACE_EXISTING);
    Files.copy(from.key(), folder.resolve("tls.key"), StandardCopyOption.REPLACE_EXISTING);
  }

  @AfterEach
  void stop() {
    if (agent != null) {
      agent.close();
    }
  }

  private record Ended(int exit, String output) {}

  private Ended run(String... command) {
    try (var process = ChildProcess.start(folder, command)) {
      int exit = process.awaitExit(SOON);
      return new Ended(exit, process.output());
    }
  }

  private Ended headwater(String... arguments) {
    try (var process = Headwater.start(folder, arguments)) {
      int exit = process.awaitExit(SOON);
      return new Ended(exit, process.output());
    }
  }

  private String port(String listener) {
    String address = requireNonNull(addresses.get(listener));
    return address.substring(address.lastIndexOf(':') + 1);
  }

  private Ended publish(String user, String password, String topic, String version) {
    return run(
        mosquittoPub.toString(),
        "-h",
        "127.0.0.1",
        "-p",
        port("mqtt"),
        "-u",
        user,
        "-P",
        password,
        "-V",
        version,
        "-q",
        "1",
        "-t",
        topic,
        "-m",
        "x");
  }

  private Ended publishByCertificate(String commonName, String topic) {
    CertificateAuthority.Issued own = site.issue(commonName);
    return run(
        mosquittoPub.toString(),
        "-h",
        "localhost",
        "-p",
        port("tls"),
        "--cafile",
        folder.resolve("site.crt").toString(),
        "--cert",
        own.certificate().toString(),
        "--key",
        own.key().toString(),
        "-V",
        "5",
        "-q",
        "1",
        "-t",
        topic,
        "-m",
        "x");
  }

  private ChildProcess subscribe(String filter, int messages) {
    return ChildProcess.start(
        folder,
        mosquittoSub.toString(),
        "-h",
        "127.0.0.1",
        "-p",
        port("mqtt"),
        "-u",
        "reader",
        "-P",
        "secret-reader",
        "-t",
        filter,
        "-C",
        Integer.toString(messages),
        "-v");
  }

  @Test
  void usersProveThemselvesAndStayWithinTheirRights() {
    for (String version : List.of("mqttv311", "mqttv5")) {
      assertThat(publish("anna", "wrong", "a/anna/t", version).exit()).isNotZero();
      assertThat(publish("nobody", "secret-anna", "a/anna/t", version).exit()).isNotZero();
    }
    assertThat(publish("reader", "secret-reader", "a/secret", "mqttv5").output())
        .contains("Not authorized");
    assertThat(publish("anna", "secret-anna", "b/t", "mqttv5").output()).contains("Not authorized");
    assertThat(
            run(
                    mosquittoPub.toString(),
                    "-h",
                    "127.0.0.1",
                    "-p",
                    port("mqtt"),
                    "-t",
                    "a/x",
                    "-m",
                    "x")
                .exit())
        .as("no user")
        .isNotZero();
    agent.terminate();
    Ended rows = headwater("edge", "log", "cat", "--data=" + folder.resolve("data"));
    assertThat(rows.exit()).isZero();
    assertThat(rows.output()).as("nothing of it is logged").doesNotContain("a/", "b/t");
  }

  @Test
  void subscriberGetsOnlyWhatItMayReceive() {
    try (var reader = subscribe("#", 1)) {
      // Whatever comes first after it has subscribed must be what it may receive.
      await()
          .atMost(SOON)
          .until(() -> {
            assertThat(publish("boss", "secret-boss", "a/secret", "mqttv311").exit()).isZero();
            assertThat(publish("boss", "secret-boss", "b/t", "mqttv5").exit()).isZero();
            assertThat(publish("anna", "secret-anna", "a/anna/t", "mqttv311").exit()).isZero();
            return !reader.isAlive();
          });
      assertThat(reader.awaitExit(SOON)).as(reader.output()).isZero();
      assertThat(reader.output()).contains("a/anna/t x").doesNotContain("a/secret", "b/t");
    }
  }

  @Test
  void certificateProvesItsOwner() {
    Ended good = publishByCertificate("anna", "a/anna/t");
    assertThat(good.exit()).as(good.output()).isZero();
    assertThat(publishByCertificate("carl", "a/carl/t").exit()).isZero();
    assertThat(publishByCertificate("carl", "a/anna/t").output()).contains("Not authorized");
  }

  @Test
  void reloadTakesUsersRightsAndCertificatesWithoutDroppingConnections() throws Exception {
    Mqtt5BlockingClient connected =
        MqttClient.builder()
            .useMqttVersion5()
            .serverHost("127.0.0.1")
            .serverPort(Integer.parseInt(port("mqtt")))
            .simpleAuth()
            .username("anna")
            .password("secret-anna".getBytes(StandardCharsets.UTF_8))
            .applySimpleAuth()
            .buildBlocking();
    connected.connect();
    Ended drawn = headwater("edge", "password", "berta", "--file=" + passwords);
    assertThat(drawn.exit()).as(drawn.output()).isZero();
    String password = drawn.output().strip();
    assertThat(publish("berta", password, "a/berta/t", "mqttv5").exit()).isNotZero();

    agent.signal("HUP");

    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(publish("berta", password, "a/berta/t", "mqttv5").exit()).isZero());

    copy(new CertificateAuthority(folder, "other").issue("agent"));
    Files.writeString(acl, "user anna\ntopic a/new\n");
    writeConfig("other.{kind}");
    Ended reloaded = reload();
    assertThat(reloaded.exit()).as(reloaded.output()).isZero();
    assertThat(reloaded.output()).contains("are read again");
    connected.publishWith().topic("a/new").qos(MqttQos.AT_LEAST_ONCE).send();
    assertThat(publish("berta", password, "a/berta/t", "mqttv5").output())
        .contains("Not authorized");
    assertThat(publishByCertificate("anna", "a/new").exit())
        .as("a server certificate of another authority")
        .isNotZero();

    Files.writeString(acl, "user anna\ntopic a/new\ntopics a/other\n");
    Ended broken = reload();
    assertThat(broken.exit()).isEqualTo(1);
    assertThat(broken.output()).contains("line 3 of " + acl);
    connected.publishWith().topic("a/new").qos(MqttQos.AT_LEAST_ONCE).send();

    Files.writeString(acl, "user anna\ntopic a/new\n");
    Files.writeString(config, Files.readString(config) + "\nlisten-to: nobody\n");
    Ended unknown = reload();
    assertThat(unknown.exit()).isEqualTo(1);
    assertThat(unknown.output()).contains("unknown key 'listen-to'").contains(config.toString());
    connected.publishWith().topic("a/new").qos(MqttQos.AT_LEAST_ONCE).send();
    connected.disconnect();
  }

  private Ended reload() {
    return headwater("edge", "reload", "--http=" + addresses.get("http"));
  }

  @Test
  void reloadWithoutAnAgentSaysSo() {
    agent.terminate();
    Ended ended = reload();
    assertThat(ended.exit()).isEqualTo(1);
    assertThat(ended.output()).contains("no agent answers at http://" + addresses.get("http"));
  }
}
