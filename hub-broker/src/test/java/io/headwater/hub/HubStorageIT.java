package io.headwater.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.Config;
import io.headwater.process.Setting;
import io.headwater.process.UserError;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Utils;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the hub does with its folder and disk, by real clients. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HubStorageIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int MIB = 1 << 20;

  @TempDir private Path folder;
  private boolean mounted;

  /** A file system of 64 MiB, which only root may make. */
  private void mount() throws Exception {
    String mount = OutsideSoftware.find("mount").toString();
    mounted = run(mount, "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder.toString()) == 0;
    if (!mounted) {
      OutsideSoftware.doWithout("mount-as-root");
    }
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      assertThat(run("umount", folder.toString())).isZero();
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private Hub start(Setting... more) {
    var settings = new ArrayList<Setting>(List.of(more));
    settings.add(new Setting("data", folder.resolve("data").toString(), "--set"));
    for (String key : List.of("listen.kafka", "http", "zookeeper")) {
      settings.add(new Setting(key, "127.0.0.1:0", "--set"));
    }
    for (String key : List.of("groups.offsets-topic", "transactions.state-topic")) {
      settings.add(new Setting(key + "-partitions", "2", "--set"));
    }
    return Hub.start(
        Config.read("hub", HubConfig.DEFAULTS, Optional.empty(), Map.of(), settings),
        Clock.systemUTC(),
        _ -> {});
  }

  @Test
  void aDiskThatFillsUpStopsProducersOnlyUntilThereIsRoom() throws Exception {
    mount();
    Path others = Files.write(folder.resolve("others"), new byte[20 * MIB]);
    try (Hub hub = start(new Setting("log.low-space", "16MiB", "--set"))) {
      String address = Objects.requireNonNull(hub.addresses().get("kafka"));
      Set<String> acknowledged = ConcurrentHashMap.newKeySet();
      try (var producer =
          new KafkaProducer<>(
              Map.of(
                  "bootstrap.servers",
                  address,
                  "acks",
                  "all",
                  "buffer.memory",
                  64 * MIB,
                  "delivery.timeout.ms",
                  100_000,
                  "retry.backoff.ms",
                  200),
              new StringSerializer(),
              new ByteArraySerializer())) {
        var partition = new TopicPartition("full", 0);
        for (int i = 0; i < 40; i++) { // 40 MiB, for which there is no room
          String key = "k" + i;
          producer.send(
              new ProducerRecord<>("full", 0, key, new byte[MIB - 1_000]),
              (_, failure) -> {
                if (failure == null) {
                  acknowledged.add(key);
                }
              });
        }
        Awaitility.await()
            .atMost(LIMIT)
            .untilAsserted(() ->
                assertThat(hub.statusLine())
                    .contains("records are refused", "log.low-space is 16 MiB"));
        assertThat(Files.getFileStore(folder).getUsableSpace()).isGreaterThan(14L * MIB);
        // More of them may come while it is read.
        Set<String> before = Set.copyOf(acknowledged);
        assertThat(before).hasSizeBetween(1, 39);
        assertThat(readKeys(address, partition, before.size())).containsAll(before);

        Files.delete(others);
        producer.flush();
        assertThat(acknowledged).hasSize(40);
        assertThat(readKeys(address, partition, 40)).hasSize(40).doesNotHaveDuplicates();
        assertThat(hub.statusLine()).startsWith("serves Kafka clients at");
      }
    }
  }

  /** Reads in a group and commits, which a full disk must not hinder. */
  private static List<String> readKeys(String address, TopicPartition partition, int count) {
    var keys = new ArrayList<String>();
    try (var consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", address, "group.id", "g"),
            new StringDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = System.nanoTime() + LIMIT.toNanos();
      while (keys.size() < count && System.nanoTime() - end < 0) {
        consumer.poll(Duration.ofMillis(100)).forEach(record -> keys.add(record.key()));
      }
      consumer.commitSync(Map.of(partition, new OffsetAndMetadata(keys.size())));
    }
    return keys;
  }

  @Test
  void aFolderOfAnotherNodeOrClusterIsRefusedAndKept() throws Exception {
    start().close();
    Set<Path> logs = new HashSet<>(list(folder.resolve("data/log")));
    assertThatThrownBy(() -> start(new Setting("node-id", "2", "--set")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("belongs to node.id 1, not 2");

    Path zookeeper = folder.resolve("data/zookeeper");
    Path aside = Files.move(zookeeper, folder.resolve("aside"));
    assertThatThrownBy(this::start)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("belongs to cluster.id ");
    assertThat(list(folder.resolve("data/log"))).containsAll(logs);

    Utils.delete(zookeeper.toFile());
    Files.move(aside, zookeeper);
    start().close();
  }

  private static List<Path> list(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.toList();
    }
  }
}
