package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import io.headwater.process.HostPort;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Devices whose clocks stand at 1970 or 2040, jump between them, or are right and ten days behind
 * with their readings, and a hub that keeps seven days: after a retention pass all readings are
 * there, with the times that could be known.
 */
@Timeout(180)
class ClockIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration WEEK = Duration.ofDays(7);
  private static final Duration TEN_DAYS = Duration.ofDays(10);

  /** Half a round trip of the question for the state, on a busy machine. */
  private static final Duration MOST_OFF = Duration.ofSeconds(2);

  private static final Clock CLOCK = Clock.systemUTC();
  private static final String NOWHERE = "127.0.0.1:1";
  private static final int READINGS = 40;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private final List<ChildProcess> running = new ArrayList<>();
  private String kafka = "";
  private String uplink = "";

  @BeforeEach
  void startHubAndBridge() {
    ChildProcess hub =
        keep(
            Headwater.start(
                folder,
                "hub",
                "--data=" + folder.resolve("hub"),
                "--port=0",
                "--set=http=127.0.0.1:0",
                "--set=zookeeper=127.0.0.1:0",
                "--set=log.retention-check-interval=1s"));
    kafka = Objects.requireNonNull(hub.awaitReady(LIMIT).get("kafka"));
    ChildProcess bridge =
        keep(
            Headwater.start(
                folder,
                "bridge",
                "--data=" + folder.resolve("bridge"),
                "--port=0",
                "--hub=" + kafka,
                "--set=http=127.0.0.1:0"));
    uplink = Objects.requireNonNull(bridge.awaitReady(LIMIT).get("mqtt"));
  }

  @AfterEach
  void stop() {
    running.reversed().forEach(ChildProcess::close);
  }

  private ChildProcess keep(ChildProcess process) {
    running.add(process);
    return process;
  }

  /** A device with a wall clock of its own. */
  private final class Device {
    private final String name;
    private final Path shift;

    Device(String name) {
      this.name = name;
      this.shift = folder.resolve(name + ".shift");
    }

    /** Its clock is off by so much from now on. */
    Device isOff(Duration by) {
      try {
        // Renamed, so that it is never read half.
        Path next = Files.writeString(folder.resolve(name + ".next"), by.toString());
        Files.move(next, shift, StandardCopyOption.ATOMIC_MOVE);
        return this;
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    Device stands(String at) {
      return isOff(Duration.between(CLOCK.instant(), Instant.parse(at)));
    }

    ChildProcess start(String bridge, String... settings) {
      var command = new ArrayList<String>();
      command.add(Headwater.home().resolve("headwater").toString());
      command.addAll(
          List.of(
              "edge",
              "--data=" + folder.resolve(name),
              "--port=0",
              "--bridge=" + bridge,
              "--set=http=127.0.0.1:0",
              "--set=gateway=" + name));
      for (String setting : settings) {
        command.add("--set=" + setting);
      }
      return keep(
          ChildProcess.start(
              folder,
              Map.of(
                  "HEADWATER_BUILD",
                  "never",
                  "HEADWATER_JAVA_OPTIONS",
                  "-Dheadwater.edge.test-clock=" + shift),
              command.toArray(String[]::new)));
    }
  }

  /** Readings of a kind, which is their topic in the hub; returns when all are acknowledged. */
  private static void publish(ChildProcess edge, String kind, int from, int to) {
    HostPort address = HostPort.parse(Objects.requireNonNull(edge.awaitReady(LIMIT).get("mqtt")));
    var client =
        Mqtt5Client.builder()
            .identifier("device-" + kind)
            .serverHost(address.host())
            .serverPort(address.port())
            .buildAsync();
    client.connect().join();
    CompletableFuture.allOf(
            IntStream.range(from, to)
                .mapToObj(i ->
                    client
                        .publishWith()
                        .topic("sensors/site/dev/" + kind)
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload(Integer.toString(i).getBytes(StandardCharsets.UTF_8))
                        .send())
                .toArray(CompletableFuture<?>[]::new))
        .orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
        .join();
    client.disconnect().join();
  }

  @Test
  void everyReadingIsThereAfterARetentionPassWhateverTheClock() throws Exception {
    Instant began = CLOCK.instant();

    // No clock, nobody to ask: 1970, then 2040 while it runs.
    Device nobody = new Device("nobody").stands("1970-01-01T00:00:00Z");
    ChildProcess alone = nobody.start(uplink, "clock.trust=never", "clock.bridge=false");
    // No clock, but a bridge: the same, some of it before the bridge is heard.
    Device lost = new Device("lost").stands("1970-01-01T00:00:00Z");
    ChildProcess before = lost.start(NOWHERE, "clock.trust=never");
    // A clock chip that is believed, and is wrong.
    Device wrong = new Device("wrong").stands("2040-01-01T00:00:00Z");
    ChildProcess believed = wrong.start(uplink, "clock.trust=always");
    // A device that is out of reach for ten days, and has no clock at first.
    Device remote = new Device("remote").stands("1970-01-01T00:00:00Z");
    ChildProcess first = remote.start(NOWHERE, "clock.trust=never");

    publish(alone, "unsynced", 0, READINGS);
    publish(before, "bridge", 0, READINGS);
    publish(believed, "believed", 0, READINGS);
    publish(first, "corrected", 0, READINGS);
    nobody.stands("2040-01-01T00:00:00Z");
    lost.stands("2040-01-01T00:00:00Z");
    publish(alone, "unsynced", READINGS, 2 * READINGS);
    publish(before, "bridge", READINGS, 2 * READINGS);
    wrong.stands("1970-01-01T00:00:00Z");
    publish(believed, "believed", READINGS, 2 * READINGS);

    before.terminate();
    ChildProcess after = lost.start(uplink, "clock.trust=never");
    first.terminate();
    remote.isOff(TEN_DAYS.negated());
    ChildProcess second = remote.start(NOWHERE, "clock.trust=always");
    publish(second, "backlog", 0, READINGS);
    second.terminate();
    remote.isOff(Duration.ZERO);
    remote.start(uplink, "clock.trust=always");
    publish(after, "bridge", 2 * READINGS, 3 * READINGS);
    lost.stands("1970-01-01T00:00:00Z");
    publish(after, "bridge", 3 * READINGS, 4 * READINGS);

    Map<String, Integer> expected =
        Map.of(
            "unsynced", 2 * READINGS,
            "bridge", 4 * READINGS,
            "believed", 2 * READINGS,
            "corrected", READINGS,
            "backlog", READINGS);
    expected.forEach((kind, count) -> assertAll(kind, count));
    awaitRetentionPass();
    expected.forEach((kind, count) -> assertAll(kind, count));

    var records = records("sensors.unsynced", 2 * READINGS);
    assertThat(records)
        .allSatisfy(each -> {
          assertThat(header(each, "clock")).isEqualTo("unsynced");
          assertThat(each.timestamp()).as("its arrival").isGreaterThan(began.toEpochMilli());
        });
    assertThat(records.stream().map(ClockIT::year).distinct())
        .containsExactlyInAnyOrder(1970, 2040);
    // What they tell of themselves is the time as the bridge has it.
    assertRightTimes("bridge", 4 * READINGS, "bridge", began);
    assertRightTimes("corrected", READINGS, "corrected", began);
    assertThat(records("sensors.believed", 2 * READINGS))
        .allSatisfy(each ->
            assertThat(each.timestamp()).as("its arrival").isGreaterThan(began.toEpochMilli()));
    assertThat(records("sensors.backlog", READINGS))
        .allSatisfy(each -> {
          assertThat(header(each, "clock")).isEqualTo("synced");
          assertThat(Long.parseLong(header(each, "captured")))
              .isBetween(
                  began.minus(TEN_DAYS).toEpochMilli(),
                  CLOCK.instant().minus(TEN_DAYS).toEpochMilli());
          assertThat(each.timestamp()).as("its arrival").isGreaterThan(began.toEpochMilli());
        });
  }

  private void assertAll(String kind, int count) {
    assertThat(
            records("sensors." + kind, count).stream().map(each -> Integer.valueOf(each.value())))
        .as(kind)
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, count).boxed().toList());
  }

  private void assertRightTimes(String kind, int count, String clock, Instant began) {
    long least = began.minus(MOST_OFF).toEpochMilli();
    assertThat(records("sensors." + kind, count))
        .allSatisfy(each -> {
          assertThat(header(each, "clock")).isEqualTo(clock);
          assertThat(Long.parseLong(header(each, "captured")))
              .isBetween(least, CLOCK.instant().plus(MOST_OFF).toEpochMilli())
              .isEqualTo(each.timestamp());
        });
  }

  private static String header(ConsumerRecord<String, String> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  private static int year(ConsumerRecord<String, String> record) {
    return Instant.ofEpochMilli(Long.parseLong(header(record, "captured")))
        .atZone(CLOCK.getZone())
        .getYear();
  }

  /** The hub deletes what is older: a record that is, beside them, is gone. */
  private void awaitRetentionPass() throws Exception {
    try (var admin = Admin.create(Map.of("bootstrap.servers", kafka));
        var producer =
            new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", kafka),
                new StringSerializer(),
                new StringSerializer())) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("old", 1, (short) 1)
                      .configs(Map.of("retention.ms", Long.toString(WEEK.toMillis())))))
          .all()
          .get();
      long old = CLOCK.instant().minus(TEN_DAYS).toEpochMilli();
      producer.send(new ProducerRecord<>("old", 0, old, "k", "v")).get();
    }
    try (var consumer = consumer()) {
      var partition = new TopicPartition("old", 0);
      await()
          .atMost(LIMIT)
          .until(
              () -> consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L) > 0);
    }
  }

  private KafkaConsumer<String, String> consumer() {
    return new KafkaConsumer<>(
        Map.of("bootstrap.servers", kafka, "isolation.level", "read_committed"),
        new StringDeserializer(),
        new StringDeserializer());
  }

  /** So many records of a topic, from its beginning; fewer if no more come. */
  private List<ConsumerRecord<String, String>> records(String topic, int wanted) {
    var found = new ArrayList<ConsumerRecord<String, String>>();
    long limit = System.nanoTime() + LIMIT.toNanos();
    try (var consumer = consumer()) {
      await().atMost(LIMIT).until(() -> consumer.listTopics().containsKey(topic));
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (found.size() < wanted && System.nanoTime() - limit < 0) {
        consumer.poll(Duration.ofMillis(100)).forEach(found::add);
      }
    }
    return found;
  }
}
