package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.InvalidProtocolBufferException;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import io.headwater.process.ByteSize;
import io.headwater.process.Config;
import io.headwater.testsupport.FreePorts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Metric;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Edge nodes of others at an agent, and an agent that is one. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class SparkplugToLogTest {
  private static final int INT64 = 4;

  @TempDir private Path folder;

  private static Metric.Builder metric(String name, long alias, long value) {
    return Metric.newBuilder().setName(name).setAlias(alias).setDatatype(INT64).setLongValue(value);
  }

  private static Metric.Builder bdSeq(long number) {
    return Metric.newBuilder().setName("bdSeq").setDatatype(INT64).setLongValue(number);
  }

  private static byte[] birth(long bdSeq, long timestamp, Metric.Builder... metrics) {
    var payload = Payload.newBuilder().setTimestamp(timestamp).setSeq(0).addMetrics(bdSeq(bdSeq));
    for (Metric.Builder each : metrics) {
      payload.addMetrics(each);
    }
    return payload.build().toByteArray();
  }

  private static byte[] death(long bdSeq) {
    return Payload.newBuilder().setTimestamp(1).addMetrics(bdSeq(bdSeq)).build().toByteArray();
  }

  private static byte[] data(long seq, long timestamp, long alias, long value) {
    return Payload.newBuilder()
        .setTimestamp(timestamp)
        .setSeq(seq)
        .addMetrics(Metric.newBuilder().setAlias(alias).setLongValue(value))
        .build()
        .toByteArray();
  }

  private static Mqtt3BlockingClient node(int port, long bdSeq) {
    Mqtt3BlockingClient client =
        MqttClient.builder()
            .useMqttVersion3()
            .identifier("press")
            .serverHost("127.0.0.1")
            .serverPort(port)
            .buildBlocking();
    client
        .connectWith()
        .cleanSession(true)
        .willPublish(
            Mqtt3Publish.builder()
                .topic("spBv1.0/plant/NDEATH/press")
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(death(bdSeq))
                .build())
        .send();
    return client;
  }

  private static void say(Mqtt3BlockingClient client, String topic, byte[] payload) {
    client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).payload(payload).send();
  }

  private static List<String> readings(TestAgent agent, String topic) {
    return agent.rows().stream()
        .filter(row -> row.record().mqttTopic().equals(topic))
        .map(row -> new String(row.record().value(), StandardCharsets.UTF_8))
        .toList();
  }

  @Test
  void messagesOfAnEdgeNodeBecomeReadingsByNameAndAGapAsksForABirth() throws IOException {
    try (TestAgent agent = new TestAgent(folder, "edge", "")) {
      Mqtt3BlockingClient press = node(agent.port(), 5);
      var commands = press.publishes(MqttGlobalPublishFilter.ALL);
      press.subscribeWith().topicFilter("spBv1.0/plant/NCMD/press").send();
      say(press, "spBv1.0/plant/NBIRTH/press", birth(5, 1000, metric("load", 1, 10)));
      say(press, "spBv1.0/plant/NDATA/press", data(1, 1001, 1, 11));
      assertThat(readings(agent, "sparkplug/node/plant/press/load"))
          .as("committed when the publisher is answered")
          .containsExactly(
              "{\"group\":\"plant\",\"node\":\"press\",\"name\":\"load\",\"value\":10,\"type\":\"Int64\",\"timestamp\":1000,\"quality\":\"good\",\"is_historical\":false}",
              "{\"group\":\"plant\",\"node\":\"press\",\"name\":\"load\",\"value\":11,\"type\":\"Int64\",\"timestamp\":1001,\"quality\":\"good\",\"is_historical\":false}");
      assertThat(readings(agent, "sparkplug/state/plant/press"))
          .containsExactly(
              "{\"group\":\"plant\",\"node\":\"press\",\"online\":true,\"timestamp\":1000}");

      say(press, "spBv1.0/plant/NDATA/press", data(3, 1003, 1, 13));
      Mqtt3Publish command = receive(commands);
      Metric asked = parse(command.getPayloadAsBytes()).getMetrics(0);
      assertThat(asked.getName()).isEqualTo("Node Control/Rebirth");
      assertThat(asked.getBooleanValue()).isTrue();
      assertThat(command.getQos()).isEqualTo(MqttQos.AT_MOST_ONCE);
      assertThat(agent.get("/health").body()).contains("plant/press");
      assertThat(agent.metric("edge_sparkplug_refused_messages_total", "reason=\"gap\""))
          .isEqualTo(1);
      say(
          press,
          "spBv1.0/plant/NBIRTH/press",
          birth(5, 2000, metric("heat", 1, 20), metric("load", 2, 14)));
      say(press, "spBv1.0/plant/NDATA/press", data(1, 2001, 1, 21));
      assertThat(readings(agent, "sparkplug/node/plant/press/heat").getLast())
          .contains("\"value\":21");
      assertThat(readings(agent, "sparkplug/node/plant/press/load").getLast())
          .contains("\"value\":14");
      assertThat(agent.get("/metrics").body())
          .contains("edge_sparkplug_nodes{state=\"believed\"} 1")
          .contains("edge_sparkplug_rebirths_requests_total 1");

      // Its connection breaks: the will is its death.
      node(agent.port(), 6);
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() ->
              assertThat(readings(agent, "sparkplug/state/plant/press").getLast())
                  .contains("\"online\":false"));
    }
  }

  private static Mqtt3Publish receive(Mqtt3BlockingClient.Mqtt3Publishes publishes) {
    try {
      return publishes.receive(30, TimeUnit.SECONDS).orElseThrow();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static Payload parse(byte[] bytes) {
    try {
      return Payload.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void decodingCanBeSwitchedOff() throws IOException {
    try (TestAgent agent = new TestAgent(folder, "edge", "sparkplug: {decode: false}")) {
      Mqtt3BlockingClient press = node(agent.port(), 5);
      say(press, "spBv1.0/plant/NBIRTH/press", birth(5, 1000, metric("load", 1, 10)));
      assertThat(readings(agent, "sparkplug/node/plant/press/load")).isEmpty();
      press.disconnect();
    }
  }

  @Test
  void agentIsAnEdgeNodeItselfBirthBeforeBacklogAndOnlyForItsHost() throws IOException {
    int port = FreePorts.take();
    String node =
        """
        sparkplug:
          node:
            addresses: ["127.0.0.1:%d"]
            group: plant
            node: gateway
            primary-host: scada
            topics: ["sensors/#"]
        """
            .formatted(port);
    try (TestAgent gateway = new TestAgent(folder, "gateway", node);
        var sensor = new TestClient(gateway.port(), "sensor")) {
      sensor.publish("sensors/a/b/heat", "1");
      sensor.publish("sensors/a/b/heat", "{\"value\":2,\"quality\":\"good\"}");
      sensor.publish("other", "3");
      assertThat(gateway.get("/health").body())
          .contains("the edge node plant/gateway is not connected");

      String said = "sparkplug/node/plant/gateway/sensors/a/b/heat";
      try (TestAgent server = new TestAgent(folder, "server", port, "");
          var host = new TestClient(port, "scada")) {
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() ->
                assertThat(gateway.get("/health").body())
                    .contains("waits for the primary host 'scada'"));
        assertThat(readings(server, said)).isEmpty();

        host.publish("spBv1.0/STATE/scada", "{\"online\":true,\"timestamp\":1000}");
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() -> assertThat(readings(server, said)).hasSize(3));
        assertThat(readings(server, said).get(0))
            .as("the birth has what is newest")
            .contains("\"value\":2.0", "\"is_historical\":false");
        assertThat(readings(server, said).subList(1, 3))
            .as("the backlog")
            .allMatch(each -> each.contains("\"is_historical\":true"));
        sensor.publish("sensors/a/b/heat", "4");
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() ->
                assertThat(readings(server, said).getLast())
                    .contains("\"value\":4.0", "\"is_historical\":false"));
        sensor.publish("sensors/a/b/door", "true");
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() ->
                assertThat(readings(server, "sparkplug/node/plant/gateway/sensors/a/b/door"))
                    .isNotEmpty());
        assertThat(gateway.get("/metrics").body()).contains("edge_sparkplug_node_online 1");

        host.publish("spBv1.0/STATE/scada", "{\"online\":false,\"timestamp\":2000}");
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() ->
                assertThat(readings(server, "sparkplug/state/plant/gateway").getLast())
                    .contains("\"online\":false"));
        sensor.publish("sensors/a/b/heat", "5");
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() ->
                assertThat(gateway.get("/health").body())
                    .contains("waits for the primary host 'scada'"));
        assertThat(readings(server, said).getLast()).contains("\"value\":4.0");
        host.publish("spBv1.0/STATE/scada", "{\"online\":true,\"timestamp\":3000}");
        await()
            .atMost(Duration.ofSeconds(30))
            .untilAsserted(() ->
                assertThat(readings(server, said).getLast())
                    .contains("\"value\":5.0", "\"is_historical\":true"));
        assertThat(server.metric("edge_sparkplug_refused_messages_total", "")).isZero();
      }
    }
  }

  private EdgeConfig read(String yaml) throws IOException {
    Path file = Files.writeString(folder.resolve("read.yaml"), yaml);
    return Config.read("edge", EdgeConfig.DEFAULTS, Optional.of(file), Map.of(), List.of());
  }

  /** The commented part of the example file, as users take it up. */
  @Test
  void exampleOfAnEdgeNodeIsOne() throws IOException {
    String yaml =
        Files.readAllLines(Path.of("examples", "edge.yaml")).stream()
            .dropWhile(line -> !line.startsWith("  #   node:"))
            .takeWhile(line -> line.startsWith("  #"))
            .map(line -> line.substring(4))
            .collect(Collectors.joining("\n", "sparkplug:\n", "\n"));

    var node = read(yaml).sparkplug().node().orElseThrow();

    assertThat(node.group()).isEqualTo("plant");
    assertThat(node.primaryHost()).contains("scada");
    assertThat(node.tls()).isPresent();
    assertThat(node.passwordFile()).isPresent();
    assertThat(node.keepAlive()).contains(Duration.ofSeconds(30));
    assertThat(node.backlog()).contains(ByteSize.ofMebibytes(2048));
  }

  @Test
  void mistakesAreNamed() throws IOException {
    assertThatThrownBy(() -> read("sparkplug: {reorder-timeout: 1ms}"))
        .hasMessageContaining("sparkplug.reorder-timeout 1ms is not between 10ms and 5m");
    assertThatThrownBy(() -> read("sparkplug: {max-nodes: 0}"))
        .hasMessageContaining("sparkplug.max-nodes 0 is not between 1 and 1000000");
    assertThatThrownBy(() -> read("sparkplug: {decod: true}"))
        .hasMessageContaining("did you mean 'sparkplug.decode'?");
    String node = "sparkplug: {node: {addresses: [\"h:1\"], group: %s, node: n, topics: [\"%s\"]}}";
    assertThatThrownBy(() -> read(node.formatted("a/b", "#")))
        .hasMessageContaining("group 'a/b' is empty or holds one of '/', '+' and '#'");
    assertThatThrownBy(() -> read(node.formatted("g", "a#")))
        .hasMessageContaining("topics: 'a#' is not a topic filter");
    assertThat(read(node.formatted("g", "a/#")).sparkplug().node()).isPresent();
  }
}
