package io.headwater.hub.bookkeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.ledger.LedgerLogEngine;
import io.headwater.hub.kafka.ledger.LedgerLogSettings;
import io.headwater.hub.kafka.log.Appended;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.LogRead;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.zookeeper.ZooKeeperPartitionStates;
import io.headwater.process.ByteSize;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.util.ResourceLeakDetector;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
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
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * How fast a consumer that is far behind is served from ledgers on three bookies, of which one is
 * the node's own: by the client or in-process, with read-ahead or without, in alternating rounds
 * over the same partition. All three bookies are in this process. Printed as lines that begin with
 * {@code catch-up:}. Not part of the build: {@code -Dit.test=CatchUpRun -Dheadwater.megabytes=320
 * -Dheadwater.rounds=5}.
 */
@Timeout(1800)
class CatchUpRun {
  private static final long BYTES = Long.getLong("headwater.megabytes", 320L) * 1_000_000;
  private static final int ROUNDS = Integer.getInteger("headwater.rounds", 5);

  /** What a consumer asks for by default. */
  private static final int FETCH = 1 << 20;

  private static final int UNDER_WAY = 200;

  private enum Way {
    CLIENT(false, 0),
    CLIENT_AHEAD(false, 32),
    OWN(true, 0),
    OWN_AHEAD(true, 32);

    private final boolean own;
    private final long readAhead;

    Way(boolean own, long readAhead) {
      this.own = own;
      this.readAhead = readAhead;
    }
  }

  @TempDir private Path folder;

  @BeforeAll
  static void asInProduction() {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
  }

  @Test
  void readsOnePartitionInOrder() throws Exception {
    var partition = new TopicPartition("t", 0);
    Uuid topic = Uuid.randomUuid();
    int epoch = 0;
    var speeds = new EnumMap<Way, List<Double>>(Way.class);
    try (var cluster = BookieCluster.start(folder, 3)) {
      long end;
      try (LedgerLogEngine engine = engine(cluster, Way.OWN)) {
        end = fill(engine.create(partition, topic, epoch++, config()));
      }
      for (int round = 0; round <= ROUNDS; round++) {
        for (Way way : Way.values()) {
          try (LedgerLogEngine engine = engine(cluster, way)) {
            double speed = read(engine.create(partition, topic, epoch++, config()), end);
            if (round > 0) { // the first warms all up
              speeds.computeIfAbsent(way, _ -> new ArrayList<>()).add(speed);
            }
            System.out.printf("catch-up: round %d %s %.1f MB/s%n", round, way, speed);
          }
        }
      }
    }
    double client = median(speeds.getOrDefault(Way.CLIENT, List.of()));
    speeds.forEach((way, all) ->
        System.out.printf(
            "catch-up: %s median %.1f MB/s, %.2f times the client's%n",
            way, median(all), median(all) / client));
  }

  private LedgerLogEngine engine(BookieCluster cluster, Way way) throws Exception {
    LedgerLogSettings rest = LedgerLogSettings.DEFAULTS;
    return new LedgerLogEngine(
        way.own ? cluster.connect(3, 3, 0) : cluster.connect(3, 3),
        ZooKeeperPartitionStates.connect(cluster.zookeeper(), BookieCluster.SESSION),
        new LedgerLogSettings(
            ByteSize.ofMebibytes(1), // nothing is to be served as a tail
            ByteSize.ofMebibytes(way.readAhead),
            rest.inFlight(),
            rest.retentionCheckInterval(),
            rest.compactionCheckInterval(),
            rest.compactionMemory(),
            rest.producerIdExpiration(),
            rest.maxTransactionTimeout(),
            Duration.ofSeconds(30)),
        folder.resolve("scratch"),
        1,
        new LogMetrics(new SimpleMeterRegistry()),
        Time.SYSTEM);
  }

  private static LogConfig config() {
    return new LogConfig(new Properties());
  }

  /** Batches of 16 to 64 KB, as producers that are busy make them. */
  private static long fill(PartitionLog log) {
    var random = new SplittableRandom(8);
    var underWay = new ArrayDeque<Appended>();
    long written = 0;
    long end = 0;
    while (written < BYTES) {
      var records = new ArrayList<SimpleRecord>();
      for (int left = random.nextInt(16_000, 64_000); left > 0; left -= 1_000) {
        byte[] value = new byte[1_000];
        random.nextBytes(value);
        records.add(new SimpleRecord(0, value));
      }
      MemoryRecords batch =
          MemoryRecords.withRecords(Compression.NONE, records.toArray(SimpleRecord[]::new));
      written += batch.sizeInBytes();
      if (underWay.size() == UNDER_WAY) {
        underWay.removeFirst().durable().join();
      }
      underWay.add(
          log.append(
              batch,
              log.leaderEpoch().orElseThrow(),
              AppendOrigin.CLIENT,
              VerificationGuard.SENTINEL,
              (short) 0));
      end = underWay.getLast().lastOffset() + 1;
    }
    underWay.forEach(append -> append.durable().join());
    return end;
  }

  /** Reads all, looks at every batch's checksum as a consumer does, and returns the speed. */
  private static double read(PartitionLog log, long end) {
    long began = System.nanoTime();
    long bytes = 0;
    long next = 0;
    while (next < end) {
      LogRead read = log.read(next, FETCH, true, IsolationLevel.READ_UNCOMMITTED);
      for (RecordBatch batch : read.records().batches()) {
        batch.ensureValid();
        assertThat(batch.baseOffset()).isEqualTo(next);
        next = batch.nextOffset();
        bytes += batch.sizeInBytes();
      }
    }
    assertThat(bytes).isGreaterThanOrEqualTo(BYTES);
    return bytes * 1e3 / (System.nanoTime() - began);
  }

  private static double median(List<Double> all) {
    return all.stream().sorted().toList().get(all.size() / 2);
  }
}
