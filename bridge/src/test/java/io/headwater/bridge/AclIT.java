package io.headwater.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAckReasonCode;
import io.headwater.process.PasswordFile;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.FreePorts;
import io.headwater.testsupport.OutsideSoftware;
import io.headwater.uplink.UplinkTopics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Mosquitto with a generated ACL file. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class AclIT {
  @TempDir private Path folder;

  static int freePort() {
    return FreePorts.take();
  }

  /** Starts Mosquitto with passwords and the ACL; the password of each user is its name. */
  static ChildProcess startMosquitto(Path folder, int port, String acl, String... users)
      throws IOException {
    Path program = OutsideSoftware.find("mosquitto");
    Path aclFile = Files.writeString(folder.resolve("acl"), acl);
    var passwords = new StringBuilder();
    for (String user : users) {
      passwords.append(PasswordFile.line(user, user.getBytes(StandardCharsets.UTF_8))).append('\n');
    }
    Path passwordFile = Files.writeString(folder.resolve("passwords"), passwords);
    Path config =
        Files.writeString(
            folder.resolve("mosquitto.conf"),
            """
            listener %d 127.0.0.1
            allow_anonymous false
            persistence false
            user root
            max_inflight_messages 512
            password_file %s
            acl_file %s
            """
                .formatted(port, passwordFile, aclFile));
    return ChildProcess.start(folder, program.toString(), "-c", config.toString());
  }

  private static Mqtt5AsyncClient connect(int port, String user) {
    Mqtt5AsyncClient client =
        MqttClient.builder()
            .useMqttVersion5()
            .identifier("test-" + user)
            .serverHost("127.0.0.1")
            .serverPort(port)
            .buildAsync();
    await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .until(() -> {
          client
              .connectWith()
              .simpleAuth()
              .username(user)
              .password(user.getBytes(StandardCharsets.UTF_8))
              .applySimpleAuth()
              .send()
              .get(2, TimeUnit.SECONDS);
          return true;
        });
    return client;
  }

  private static List<String> hear(Mqtt5AsyncClient client, String... filters) {
    var heard = new CopyOnWriteArrayList<String>();
    for (String filter : filters) {
      client
          .subscribeWith()
          .topicFilter(filter)
          .qos(MqttQos.AT_LEAST_ONCE)
          .callback(publish -> heard.add(publish.getTopic().toString()))
          .send()
          .exceptionally(_ -> null)
          .join();
    }
    return heard;
  }

  /** Whether Mosquitto took it. */
  private static boolean publish(Mqtt5AsyncClient client, String topic) {
    return client
        .publishWith()
        .topic(topic)
        .qos(MqttQos.AT_LEAST_ONCE)
        .send()
        .handle((result, failure) ->
            failure == null
                && result.getError().isEmpty()
                && !(result instanceof Mqtt5PublishResult.Mqtt5Qos1Result acknowledged
                    && acknowledged.getPubAck().getReasonCode()
                        == Mqtt5PubAckReasonCode.NOT_AUTHORIZED))
        .join();
  }

  @Test
  void patternsLetEachGatewayBeItselfOnly() throws Exception {
    proves(AclCommand.mosquitto(List.of("headwater-bridge"), List.of()));
  }

  @Test
  void listedGatewaysAreThemselvesOnly() throws Exception {
    proves(AclCommand.mosquitto(List.of("headwater-bridge"), List.of("gw-1", "gw-2")));
  }

  private void proves(String acl) throws Exception {
    int port = freePort();
    try (ChildProcess mosquitto =
        startMosquitto(folder, port, acl, "headwater-bridge", "gw-1", "gw-2")) {
      Mqtt5AsyncClient bridge = connect(port, "headwater-bridge");
      List<String> bridgeHeard =
          hear(
              bridge,
              "headwater/v1/up/+/+",
              "headwater/v1/state/+/+",
              UplinkTopics.laneFilter(UplinkTopics.Kind.STATUS, UplinkTopics.lane("gw-1")));
      Mqtt5AsyncClient first = connect(port, "gw-1");
      Mqtt5AsyncClient second = connect(port, "gw-2");
      List<String> firstHeard = hear(first, UplinkTopics.ack("gw-1"), "headwater/v1/down/gw-1/#");
      List<String> spied =
          hear(
              second,
              UplinkTopics.ack("gw-1"),
              "headwater/v1/ack/+",
              "headwater/v1/down/gw-1/#",
              "headwater/v1/up/+/+",
              "#");

      // A gateway as itself.
      assertThat(publish(first, UplinkTopics.up("gw-1"))).isTrue();
      assertThat(publish(first, UplinkTopics.state("gw-1"))).isTrue();
      assertThat(publish(first, UplinkTopics.status("gw-1"))).isTrue();
      // A gateway as another, as a bridge, and elsewhere.
      publish(second, UplinkTopics.up("gw-1"));
      publish(second, UplinkTopics.state("gw-1"));
      publish(second, UplinkTopics.ack("gw-1"));
      publish(second, "headwater/v1/down/gw-1/command");
      publish(second, "elsewhere");
      // The bridge to a gateway, and as a gateway.
      assertThat(publish(bridge, UplinkTopics.ack("gw-1"))).isTrue();
      assertThat(publish(bridge, "headwater/v1/down/gw-1/command")).isTrue();
      publish(bridge, UplinkTopics.up("gw-1"));
      // The end of what has to be waited for.
      assertThat(publish(second, UplinkTopics.up("gw-2"))).isTrue();

      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> {
            assertThat(bridgeHeard)
                .containsExactlyInAnyOrder(
                    UplinkTopics.up("gw-1"),
                    UplinkTopics.state("gw-1"),
                    UplinkTopics.status("gw-1"),
                    UplinkTopics.up("gw-2"));
            assertThat(firstHeard)
                .containsExactlyInAnyOrder(
                    UplinkTopics.ack("gw-1"), "headwater/v1/down/gw-1/command");
          });
      assertThat(spied).as(mosquitto.output()).isEmpty();
    }
  }

  @Test
  void emqxRulesEndWithARefusal() {
    String rules = AclCommand.emqx(List.of("headwater-bridge"), List.of());
    assertThat(rules)
        .contains("{allow, all, publish, [\"headwater/v1/up/+/${username}\"")
        .contains("{allow, {user, \"headwater-bridge\"}, subscribe, [\"headwater/v1/up/+/+\"")
        .endsWith("{deny, all, all, [\"headwater/v1/#\"]}.\n");
    assertThat(AclCommand.emqx(List.of("b"), List.of("gw-1")))
        .contains("{allow, {user, \"gw-1\"}, subscribe, [\"headwater/v1/ack/gw-1\"");
  }
}
