package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3Client;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.headwater.edge.log.OldFolder;
import io.headwater.edge.log.PrintedRow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Agents on the data folders of earlier builds, and the clients that those had. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class OlderFoldersTest {
  private static final String ROUTES =
      """
      log:
        file-size: 64KiB
      routes:
        - topic: sensors/+site/+device/+kind
          stream: sensors.{kind}
          key: "{device}"
        - topic: ids/+device
          stream: ids
          key: "{device}"
          dedupe: {json: /id, window: 24h}
      """;

  @TempDir private Path folder;

  private TestAgent agent() throws IOException {
    return new TestAgent(folder, "edge", ROUTES);
  }

  /** Comes back to its session, which must be there, and waits for what it has not got. */
  private static void assertGets(TestAgent agent, String session, List<String> expected) {
    var received = new CopyOnWriteArrayList<String>();
    var client =
        Mqtt3Client.builder()
            .identifier(session)
            .serverHost("127.0.0.1")
            .serverPort(agent.port())
            .buildAsync();
    client.publishes(
        MqttGlobalPublishFilter.ALL,
        publish -> received.add(text(publish.getTopic().toString(), publish.getPayloadAsBytes())));
    assertThat(client.toBlocking().connectWith().cleanSession(false).send().isSessionPresent())
        .as(session)
        .isTrue();
    await().until(() -> received.size() >= expected.size());
    client.toBlocking().disconnect();
    assertThat(received).as(session).isEqualTo(expected);
  }

  private static String text(String topic, byte[] value) {
    return topic + "=" + new String(value, StandardCharsets.UTF_8);
  }

  private static Map<String, String> retained(TestAgent agent, int count) {
    try (var client = new TestClient(agent.port(), "looker").subscribe("#")) {
      await().until(() -> client.received().size() >= count);
      var retained = new TreeMap<String, String>();
      for (Mqtt5Publish publish : client.received()) {
        assertThat(publish.isRetain()).isTrue();
        retained.put(
            publish.getTopic().toString(),
            new String(publish.getPayloadAsBytes(), StandardCharsets.UTF_8));
      }
      return retained;
    }
  }

  /** Publishes as the client did that mosquitto_pub was. */
  private static void publish(TestAgent agent, String client, String topic, String value) {
    Mqtt3BlockingClient publisher =
        Mqtt3Client.builder()
            .identifier(client)
            .serverHost("127.0.0.1")
            .serverPort(agent.port())
            .buildBlocking();
    publisher.connect();
    publisher.publish(
        Mqtt3Publish.builder()
            .topic(topic)
            .qos(MqttQos.AT_LEAST_ONCE)
            .payload(value.getBytes(StandardCharsets.UTF_8))
            .build());
    publisher.disconnect();
  }

  private static List<String> rows(TestAgent agent) {
    return agent.rows().stream()
        .map(PrintedRow::record)
        .map(row -> text(row.mqttTopic(), row.value()))
        .toList();
  }

  @Test
  void folderOfANewerAgentIsLeftAsItIs() throws Exception {
    OldFolder old = OldFolder.unpack("07e19e6", folder.resolve("edge"));
    old.makeNewer();
    Map<String, String> before = old.bytes();

    // It would have a time of its own to write down.
    assertThatThrownBy(() -> new TestAgent(folder, "edge", ROUTES + "clock: {trust: always}\n"))
        .hasMessageContaining("a newer agent wrote it");

    assertThat(old.bytes()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"55c8f81", "480ff2f", "9a9527c", "51a7cee"})
  void clientsFindAllThatIsTheirs(String commit) throws IOException {
    OldFolder old = OldFolder.unpack(commit, folder.resolve("edge"));
    boolean hasSessions = !old.queued().isEmpty();
    var expected = new ArrayList<>(old.rows());
    try (TestAgent agent = agent()) {
      assertThat(retained(agent, old.retained().size())).isEqualTo(old.retained());
      old.queued().forEach((session, queued) -> assertGets(agent, session, queued));
      publish(agent, "meter", "sensors/lab/d1/temperature", "after");
      expected.add("sensors/lab/d1/temperature=after");
      if (hasSessions) {
        publish(agent, "sender", "ids/d1", "{\"id\": \"m2\", \"v\": 2}"); // was there already
        publish(agent, "sender", "ids/d1", "{\"id\": \"m3\", \"v\": 3}");
        expected.add("ids/d1={\"id\": \"m3\", \"v\": 3}");
      }
      // Files that were sealed are brought to the present layout in the background.
      await().ignoreExceptions().untilAsserted(() -> assertThat(rows(agent)).isEqualTo(expected));
    }
    try (TestAgent agent = agent()) {
      assertThat(retained(agent, old.retained().size())).isEqualTo(old.retained());
      if (hasSessions) {
        assertGets(agent, "keeper", List.of("sensors/lab/d1/temperature=after"));
      }
      assertThat(rows(agent)).isEqualTo(expected);
    }
    try (Stream<Path> files = Files.list(old.log())) {
      assertThat(files).noneMatch(file -> file.toString().contains("corrupt"));
    }
  }
}
