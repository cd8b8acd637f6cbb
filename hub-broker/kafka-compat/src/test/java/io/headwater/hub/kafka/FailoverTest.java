package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.ledger.MemoryLedgers;
import io.headwater.testsupport.Seed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three brokers over the same ledgers; some stop, and some are taken for dead and run on. */
@Timeout(180)
class FailoverTest {
  private static final int PARTITIONS = 6;

  @TempDir private Path folder;
  private TestCluster cluster;

  @BeforeEach
  void start() throws Exception {
    cluster = TestCluster.start(folder, 3, new MemoryLedgers());
    cluster.askForCoordinator();
    try (var admin = cluster.admin()) {
      admin.createTopics(List.of(new NewTopic("data", PARTITIONS, (short) 2))).all().get();
    }
    cluster.awaitView(3);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  private List<String> readAll(String isolation, int least) {
    var values = new ArrayList<String>();
    try (var consumer =
        cluster.consumer(Map.of("isolation.level", isolation, "group.id", "read-" + isolation))) {
      var partitions = new ArrayList<TopicPartition>();
      for (int i = 0; i < PARTITIONS; i++) {
        partitions.add(new TopicPartition("data", i));
      }
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
      }
    }
    assertThat(values).hasSizeGreaterThanOrEqualTo(least);
    return values;
  }

  @Test
  void aProducerLosesAndDoublesNothingWhoeverGoes() throws Exception {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var sent = new ConcurrentLinkedQueue<String>();
    var failures = new ConcurrentLinkedQueue<Exception>();
    var over = new AtomicBoolean();
    try (var producer = cluster.producer(Map.of("delivery.timeout.ms", 60_000, "linger.ms", 1))) {
      var sending =
          CompletableFuture.runAsync(() -> {
            for (int i = 0; !over.get(); i++) {
              String value = "v" + i;
              producer.send(
                  new ProducerRecord<>("data", i % PARTITIONS, "k", value),
                  (_, failure) -> {
                    if (failure == null) {
                      sent.add(value);
                    } else {
                      failures.add(failure);
                    }
                  });
              if (i % 20 == 0) {
                LockSupport.parkNanos(2_000_000);
              }
            }
          });
      for (int round = 0; round < 4; round++) {
        int victim = 1 + random.nextInt(3);
        if (random.nextBoolean()) {
          cluster.expire(victim); // a zombie, that goes on
          awaitNoLeads(victim);
        }
        cluster.stop(victim);
        awaitNoLeads(victim);
        cluster.start(victim);
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> leads(victim) > 0);
      }
      over.set(true);
      sending.join();
      producer.flush();
    }
    assertThat(failures).as("%s", seed).isEmpty();
    List<String> read = readAll("read_uncommitted", sent.size());
    assertThat(read).as("%s", seed).doesNotHaveDuplicates().hasSameSizeAs(sent);
    assertThat(new HashSet<>(read)).as("%s", seed).isEqualTo(new HashSet<>(sent));
  }

  private long leads(int broker) {
    long leads = 0;
    for (int i = 0; i < PARTITIONS; i++) {
      leads += cluster.leader(new TopicPartition("data", i)) == broker ? 1 : 0;
    }
    return leads;
  }

  private void awaitNoLeads(int broker) {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> leads(broker) == 0);
  }

  /** It leads on in vain otherwise, as nobody takes it for gone. */
  @Test
  void whoDoesNotReachTheLedgersHandsOnWhatItLeads() throws Exception {
    try (var producer = cluster.producer(Map.of("delivery.timeout.ms", 60_000))) {
      var values = new ArrayList<String>();
      for (int victim = 1; victim <= 3; victim++) {
        int cutOff = victim;
        cluster.cutFromLedgers(victim);
        for (int i = 0; i < PARTITIONS; i++) {
          String value = victim + "-" + i;
          producer.send(new ProducerRecord<>("data", i, "k", value)).get(60, TimeUnit.SECONDS);
          values.add(value);
        }
        awaitNoLeads(cutOff); // it did before
        cluster.heal(victim);
      }
      assertThat(readAll("read_uncommitted", values.size()))
          .doesNotHaveDuplicates()
          .containsExactlyInAnyOrderElementsOf(values);
    }
  }

  /** What such a broker is to take over comes to another one, too. */
  @Test
  void aPartitionThatCannotBeTakenOverIsHandedOn() throws Exception {
    var partition = new TopicPartition("data", 0);
    int before = cluster.leader(partition);
    int cutOff = before % 3 + 1;
    cluster.cutFromLedgers(cutOff);
    cluster.store().lead(partition, cutOff);
    try (var producer = cluster.producer(Map.of("delivery.timeout.ms", 60_000))) {
      producer.send(new ProducerRecord<>("data", 0, "k", "v")).get(60, TimeUnit.SECONDS);
    }
    assertThat(cluster.leader(partition)).isNotEqualTo(cutOff);
  }

  @Test
  void transactionsStayWholeAndOffsetsNeverGoBack() throws Exception {
    var committed = new TreeSet<String>();
    long offset = 0;
    for (int victim = 1; victim <= 3; victim++) {
      String id = cluster.transactionalIdOf(victim, "tx");
      String group = cluster.groupOf(victim, "group");
      try (var producer = cluster.producer(Map.of("transactional.id", id));
          var consumer = cluster.consumer(Map.of("group.id", group))) {
        producer.initTransactions();
        for (int i = 0; i < 6; i++) {
          String value = id + "-" + i;
          boolean aborts = i % 3 == 2;
          try {
            producer.beginTransaction();
            for (int partition = 0; partition < PARTITIONS; partition++) {
              producer.send(new ProducerRecord<>("data", partition, "k", value + "-" + partition));
            }
            producer.flush();
            if (i == 3) {
              cluster.expire(victim);
              awaitNoLeads(victim);
            }
            producer.sendOffsetsToTransaction(
                Map.of(new TopicPartition("data", 0), new OffsetAndMetadata(++offset)),
                consumer.groupMetadata());
            if (aborts) {
              producer.abortTransaction();
              offset--;
            } else {
              producer.commitTransaction();
              for (int partition = 0; partition < PARTITIONS; partition++) {
                committed.add(value + "-" + partition);
              }
            }
          } catch (KafkaException e) {
            throw new AssertionError("transaction " + value, e);
          }
        }
      }
      try (var admin = cluster.admin()) {
        assertThat(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get())
            .containsEntry(new TopicPartition("data", 0), new OffsetAndMetadata(offset));
      }
      cluster.stop(victim);
      cluster.start(victim);
      int back = victim;
      Awaitility.await().atMost(20, TimeUnit.SECONDS).until(() -> leads(back) > 0);
    }
    List<String> read = readAll("read_committed", committed.size());
    assertThat(read).doesNotHaveDuplicates();
    assertThat(new TreeSet<>(read)).isEqualTo(committed);
  }
}
