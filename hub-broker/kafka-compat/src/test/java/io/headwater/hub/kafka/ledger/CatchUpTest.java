package io.headwater.hub.kafka.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.log.Batches;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.LogRead;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.testsupport.Seed;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.SplittableRandom;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Consumers that are behind, in a log that another broker has written. */
@Timeout(60)
class CatchUpTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 0);
  private static final Uuid TOPIC = Uuid.randomUuid();
  private static final int BATCHES = 3_000;

  @TempDir Path folder;
  private final MemoryLedgers stores = new MemoryLedgers();
  private final MemoryStates states = new MemoryStates();
  private final Seed seed = Seed.next();
  private final SplittableRandom random = seed.random();

  private LedgerLogEngine engine(int broker) throws Exception {
    return new LedgerLogEngine(
        stores,
        states,
        LedgerLogSettings.DEFAULTS,
        folder.resolve("broker-" + broker),
        broker,
        new LogMetrics(new SimpleMeterRegistry()),
        Time.SYSTEM);
  }

  private static PartitionLog open(LedgerLogEngine engine, int epoch) {
    var config = new Properties();
    config.put("segment.bytes", 4 << 20);
    return engine.create(PARTITION, TOPIC, epoch, new LogConfig(config));
  }

  /** Batches of one record of any size, so that each offset is a batch. */
  private List<Integer> fill(PartitionLog log) {
    var sizes = new ArrayList<Integer>();
    for (int i = 0; i < BATCHES; i++) {
      byte[] value = new byte[random.nextInt(8_000)];
      random.nextBytes(value);
      MemoryRecords batch = MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(i, value));
      sizes.add(batch.sizeInBytes());
      Batches.append(log, batch).durable().join();
    }
    return sizes;
  }

  /** One who reads on in pieces of any size, and may leap. */
  private final class Consumer {
    private final PartitionLog log;
    private final int leaps;
    private long next;
    private long read;

    Consumer(PartitionLog log, int leaps) {
      this.log = log;
      this.leaps = leaps;
    }

    void read(List<Integer> sizes) {
      if (leaps > 0 && random.nextInt(leaps) == 0) {
        next = random.nextInt(BATCHES);
      }
      int most = random.nextInt(1, 3 << 20);
      LogRead found = log.read(next, most, true, IsolationLevel.READ_UNCOMMITTED);
      long bytes = 0;
      for (RecordBatch batch : found.records().batches()) {
        batch.ensureValid();
        assertThat(batch.baseOffset()).as("%s", seed).isEqualTo(next);
        assertThat(batch.maxTimestamp()).isEqualTo(next);
        assertThat(batch.sizeInBytes()).isEqualTo(sizes.get((int) next));
        bytes += batch.sizeInBytes();
        assertThat(bytes <= most || batch.sizeInBytes() == bytes).as("%s", seed).isTrue();
        next++;
      }
      read += bytes;
      assertThat(bytes > 0 || next == BATCHES).as("%s", seed).isTrue();
    }
  }

  @Test
  void allSeeEveryBatchOnceAndInOrderWhateverTheyAskFor() throws Exception {
    List<Integer> sizes;
    try (LedgerLogEngine writer = engine(1)) {
      sizes = fill(open(writer, 0));
    }
    try (LedgerLogEngine engine = engine(2)) {
      PartitionLog log = open(engine, 1);
      assertThat(log.segments()).isGreaterThan(2);
      var plain = new Consumer(log, 0);
      var second = new Consumer(log, 0);
      var leaping = new Consumer(log, 4);
      while (plain.next < BATCHES || second.next < BATCHES) {
        plain.read(sizes);
        second.read(sizes);
        leaping.read(sizes);
        if (leaping.next == BATCHES) {
          leaping.next = 0;
        }
      }
      long all = sizes.stream().mapToLong(size -> size).sum();
      assertThat(plain.read).isEqualTo(all);
      assertThat(second.read).isEqualTo(all);
    }
  }

  @Test
  void oneWhoReadsInOrderFindsMostOfItReadAlready() throws Exception {
    List<Integer> sizes;
    try (LedgerLogEngine writer = engine(1)) {
      sizes = fill(open(writer, 0));
    }
    try (LedgerLogEngine engine = engine(2)) {
      var consumer = new Consumer(open(engine, 1), 0);
      for (int i = 0; i < 3; i++) {
        consumer.read(sizes);
      }

      assertThat(engine.readAhead().bytes()).as("%s", seed).isPositive();
      engine.release(PARTITION);
      Awaitility.await().until(() -> engine.readAhead().bytes() == 0);
    }
  }
}
