package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What only a real hub shows: internal topics, their partitions, the clock. */
@Timeout(600)
class QueriesIT {
  private static final Duration START = Duration.ofMinutes(3);

  /** The start of a minute that is over, but young: hubs delete what is older than topics keep. */
  private static final long T0 = (System.currentTimeMillis() / 60_000 - 2) * 60_000;

  private static final String QUERIES =
      """
      queries:
        - name: by-site
          from: readings
          value: $.v
          table: {topic: devices, as: device, required: true}
          by: device.site
          window: {tumbling: 10s, grace: 0s}
          aggregates: [count, sum, p50]
          emit: final
          idle: 8s # far longer than readings are apart, also on a busy machine
          to: {topic: sites, partitions: 3, retention: 1d}
        - name: by-site-1m
          from: {query: by-site}
          window: {tumbling: 1m}
          aggregates: [count, sum]
        - name: beside
          from: readings
          join: {topic: setpoints, as: setpoint, within: 5s}
          value: $.v
          fields: {over: value - double(setpoint.v)}
          routes: [{when: over > 0, to: too-high}]
          to: fine
      """;

  @TempDir private Path folder;

  @Test
  void tablesKeysOfTheirOwnFinalResultsMergesJoinsAndRoutesWorkOnAHub() throws Exception {
    Path queries = Files.writeString(folder.resolve("q.yaml"), QUERIES);
    try (var hub =
        Headwater.start(
            folder,
            "hub",
            "--data",
            folder.resolve("hub").toString(),
            "--port",
            "0",
            "--set",
            "http=127.0.0.1:0",
            "--set",
            "zookeeper=127.0.0.1:0")) {
      String address = address(hub);
      try (var producer = producer(address)) {
        for (int device = 0; device < 6; device++) {
          send(producer, "devices", "dev" + device, "{\"site\":\"s" + device % 2 + "\"}", T0);
          send(producer, "setpoints", "dev" + device, "{\"v\":2.5}", T0);
          for (int i = 0; i < 5; i++) {
            send(producer, "readings", "dev" + device, "{\"v\":" + i + "}", T0 + i * 1_000L);
          }
        }
        send(producer, "readings", "unknown", "{\"v\":1}", T0);
        send(producer, "readings", "dev0", "no json", T0);
      }
      try (var analytics =
          Headwater.start(
              folder,
              "analytics",
              "--queries",
              queries.toString(),
              "--data",
              folder.resolve("analytics").toString(),
              "--hub",
              address,
              "--http",
              "127.0.0.1:0")) {
        analytics.awaitReady(START);

        // No later reading comes: the clock closes the windows.
        List<JsonNode> sites = json(read(analytics, address, "sites", 2));
        assertThat(sites).extracting(result -> result.get("key").textValue()).contains("s0", "s1");
        assertThat(sites)
            .allSatisfy(result -> {
              assertThat(result.get("count").longValue()).isEqualTo(15);
              assertThat(result.get("sum").doubleValue()).isEqualTo(30);
              assertThat(result.get("p50").doubleValue()).isBetween(1.998, 2.002);
            });
        assertThat(json(read(analytics, address, "analytics.by-site-1m", 2)))
            .allSatisfy(result -> assertThat(result.get("sum").doubleValue()).isEqualTo(30));
        assertThat(json(read(analytics, address, "too-high", 12)))
            .allSatisfy(answer -> assertThat(answer.get("over").doubleValue()).isPositive());
        assertThat(read(analytics, address, "fine", 18)).hasSize(18);
        ConsumerRecord<String, String> dead =
            read(analytics, address, "analytics.dead-letters", 1).getFirst();
        assertThat(dead.value()).isEqualTo("no json");
        assertThat(dead.headers().lastHeader("analytics.reason").value())
            .isEqualTo("not-json".getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static String address(ChildProcess hub) {
    return Objects.requireNonNull(hub.awaitReady(START).get("kafka"));
  }

  private static void send(
      KafkaProducer<String, String> producer, String topic, String key, String value, long timeMs) {
    producer.send(new ProducerRecord<>(topic, null, timeMs, key, value));
  }

  private static List<JsonNode> json(List<ConsumerRecord<String, String>> records) {
    return records.stream().map(record -> TopologyRun.json(record.value())).toList();
  }

  /** The topic's records, once there are so many. */
  private static List<ConsumerRecord<String, String>> read(
      ChildProcess analytics, String hub, String topic, int count) {
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            hub,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed",
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            "earliest");
    var records = new ArrayList<ConsumerRecord<String, String>>();
    try (var consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      await().atMost(START).until(() -> !consumer.partitionsFor(topic).isEmpty());
      consumer.assign(
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList());
      await()
          .atMost(START)
          .pollDelay(Duration.ZERO)
          .untilAsserted(() -> {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            assertThat(records.size())
                .as(() -> "records in " + topic + "\n" + analytics.output())
                .isGreaterThanOrEqualTo(count);
          });
    }
    return records;
  }

  private static KafkaProducer<String, String> producer(String hub) {
    return new KafkaProducer<>(
        Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, hub, ProducerConfig.LINGER_MS_CONFIG, 5),
        new StringSerializer(),
        new StringSerializer());
  }
}
