package io.headwater.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.uplink.Batch;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.GatewayStatus;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.Track;
import io.headwater.uplink.UplinkRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three bridges that find each other, Mosquitto as a further broker, and gateways whose lanes
 * belong to any of them.
 */
@Timeout(value = 150, unit = TimeUnit.SECONDS)
class SeveralBridgesIT {
  private static final Duration START = Duration.ofSeconds(60);
  private static final int BATCH = 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private final List<ChildProcess> started = new ArrayList<>();
  private String kafka = "";

  @AfterEach
  void stop() {
    started.reversed().forEach(ChildProcess::close);
  }

  private ChildProcess keep(ChildProcess process) {
    started.add(process);
    return process;
  }

  private ChildProcess startBridge(String id, Path config) {
    return keep(
        Headwater.start(
            folder,
            "bridge",
            "--config",
            config.toString(),
            "--data",
            folder.resolve(id).toString(),
            "--set",
            "id=" + id,
            "--port",
            "0",
            "--hub",
            kafka,
            "--set",
            "http=127.0.0.1:0",
            "--set",
            "uplink.session-timeout=6s"));
  }

  private static Batch batch(String gateway, long from) {
    var partition = new StreamPartition("several", 0);
    List<UplinkRecord> records =
        LongStream.range(from, from + BATCH)
            .mapToObj(offset ->
                new UplinkRecord(
                    offset,
                    1_700_000_000_000L,
                    ClockQuality.UNSYNCED,
                    gateway.getBytes(StandardCharsets.UTF_8),
                    (gateway + " " + offset).getBytes(StandardCharsets.UTF_8),
                    "t",
                    "c"))
            .toList();
    return new Batch(
        gateway,
        TestGateway.EPOCH,
        TestGateway.INCARNATION,
        partition,
        Track.LIVE,
        from,
        from + BATCH,
        records,
        List.of());
  }

  /** Each sends its next batch, all of them at once, and waits for its answer. */
  private static void deliver(List<TestGateway> gateways, long from) {
    var threads = new ArrayList<Thread>();
    var failures = new ArrayList<Throwable>();
    for (TestGateway gateway : gateways) {
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  gateway.ask(TestGateway.INCARNATION);
                  gateway.deliverUntilSettled(
                      new StreamPartition("several", 0),
                      0,
                      from + BATCH,
                      batch(gateway.name(), from));
                } catch (RuntimeException | AssertionError e) {
                  synchronized (failures) {
                    failures.add(new AssertionError(gateway.name(), e));
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    assertThat(failures).isEmpty();
  }

  private <T> T reading(String topic, Function<KafkaConsumer<String, String>, T> use) {
    Map<String, Object> config =
        Map.of("bootstrap.servers", kafka, "isolation.level", "read_committed");
    try (var consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      return use.apply(consumer);
    }
  }

  /** The newest value of each key of headwater-presence. */
  private Map<String, JsonNode> presence() {
    return reading(
        "headwater-presence",
        consumer -> {
          var newest = new HashMap<String, JsonNode>();
          for (int quiet = 0; quiet < 5; ) {
            var polled = consumer.poll(Duration.ofMillis(100));
            quiet = polled.isEmpty() ? quiet + 1 : 0;
            polled.forEach(record -> {
              try {
                newest.put(record.key(), JSON.readTree(record.value()));
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
          }
          return newest;
        });
  }

  private static List<TestGateway> gateways(
      String broker, @Nullable String password, int from, int to) {
    var made = new ArrayList<TestGateway>();
    for (int i = from; i < to; i++) {
      made.add(new TestGateway("gw-" + i, broker, Optional.ofNullable(password)));
    }
    return made;
  }

  @Test
  void readingsArriveOnceWhicheverBrokerTheGatewayIsAtAndWhicheverBridgeDies() throws Exception {
    ChildProcess hub = keep(Headwater.startHub(folder));
    kafka = Objects.requireNonNull(hub.awaitReady(START).get("kafka"));
    int port = AclIT.freePort();
    String acl = AclCommand.mosquitto(List.of("headwater-bridge"), List.of());
    String[] users = {"headwater-bridge", "gw-0", "gw-1", "gw-2", "gw-3"};
    ChildProcess mosquitto = keep(AclIT.startMosquitto(folder, port, acl, users));
    Path password = Files.writeString(folder.resolve("password"), "headwater-bridge\n");
    Path secret = Files.writeString(folder.resolve("site.secret"), "a secret of the site\n");
    Path config =
        Files.writeString(
            folder.resolve("bridge.yaml"),
            """
            access: {site-secret-file: %s}
            brokers:
              # The first address is dead.
              - addresses: [127.0.0.1:%d, 127.0.0.1:%d]
                user: headwater-bridge
                password-file: %s
            """
                .formatted(secret, AclIT.freePort(), port, password));
    ChildProcess first = startBridge("b1", config);
    ChildProcess second = startBridge("b2", config);
    ChildProcess third = startBridge("b3", config);
    String firstBroker = Objects.requireNonNull(first.awaitReady(START).get("mqtt"));
    second.awaitReady(START);
    String thirdBroker = Objects.requireNonNull(third.awaitReady(START).get("mqtt"));
    // Each has found the others: its own broker, two peers', Mosquitto.
    await()
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(() -> {
          Map<String, JsonNode> presence = presence();
          for (String id : List.of("b1", "b2", "b3")) {
            assertThat(presence).containsKey("bridge/" + id);
            JsonNode entry = Objects.requireNonNull(presence.get("bridge/" + id));
            assertThat(entry.get("brokers")).as(id).hasSize(4);
          }
        });

    // Of 64 lanes each bridge has a third: most gateways are at a broker of another's.
    List<TestGateway> all = new ArrayList<>(gateways(firstBroker, null, 10, 16));
    List<TestGateway> outside = gateways("127.0.0.1:" + port, "", 0, 4);
    all.addAll(outside);
    deliver(all, 0);
    all.getFirst()
        .status(
            new GatewayStatus(
                "gw-10",
                true,
                "t",
                7,
                5,
                ClockQuality.SYNCED,
                new GatewayStatus.Run(1, 10_000, 3, -1),
                GatewayStatus.Pace.UNKNOWN));
    second.kill();
    deliver(all, BATCH);

    mosquitto.kill();
    outside.forEach(TestGateway::close);
    all.removeAll(outside);
    keep(AclIT.startMosquitto(folder, port, acl, users));
    await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .until(() -> all.addAll(gateways("127.0.0.1:" + port, "", 0, 4)));
    // The gateways of the first bridge move to the third's broker.
    first.kill();
    all.removeIf(gateway -> gateway.name().length() == 5);
    all.addAll(gateways(thirdBroker, null, 10, 16));
    deliver(all, 2 * BATCH);

    List<String> values = Committed.values(kafka, "several", 10 * 3 * BATCH);
    assertThat(values).doesNotHaveDuplicates().hasSize(10 * 3 * BATCH);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          Map<String, JsonNode> presence = presence();
          assertThat(presence).containsKey("gateway/gw-10");
          JsonNode gateway = Objects.requireNonNull(presence.get("gateway/gw-10"));
          assertThat(gateway.get("depth").asLong()).isEqualTo(7);
          assertThat(gateway.get("clock").asText()).isEqualTo("synced");
        });
    all.forEach(TestGateway::close);
  }
}
