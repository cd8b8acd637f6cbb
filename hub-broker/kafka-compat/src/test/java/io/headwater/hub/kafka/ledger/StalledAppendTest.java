package io.headwater.hub.kafka.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.PartitionLog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stores that neither take an entry nor say that they do not. */
@Timeout(60)
class StalledAppendTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 0);

  @TempDir private Path folder;
  private final LeapingTime time = new LeapingTime();
  private final ReentrantLock gate = new ReentrantLock(true);

  @Test
  void whatIsNotAnsweredForTooLongIsGivenUpAndHandedOn() throws Exception {
    var ledgers = new GatedLedgers(new MemoryLedgers(), gate, new AtomicInteger());
    var givenUp = new CompletableFuture<Integer>();
    try (var engine =
        new LedgerLogEngine(
            ledgers,
            new MemoryStates(),
            LedgerLogSettings.DEFAULTS,
            folder,
            1,
            new LogMetrics(new SimpleMeterRegistry()),
            time)) {
      engine.listen(
          new LogEngine.Listener() {
            @Override
            public void onOpened(TopicPartition partition) {}

            @Override
            public void onGivenUp(TopicPartition partition, int leaderEpoch) {
              givenUp.complete(leaderEpoch);
            }
          });
      PartitionLog log = engine.create(PARTITION, Uuid.randomUuid(), 3, new LogConfig(Map.of()));
      append(log).get(10, TimeUnit.SECONDS);
      time.leap(60_000);
      append(log).get(10, TimeUnit.SECONDS); // who has nothing to write stalls nothing

      gate.lock();
      try {
        CompletableFuture<Void> stalled = append(log);
        time.leap(10_000);
        assertThatThrownBy(() -> stalled.get(10, TimeUnit.SECONDS))
            .hasCauseInstanceOf(KafkaStorageException.class)
            .hasMessageContaining("nothing was stored in ledger");
        assertThat(givenUp.get(10, TimeUnit.SECONDS)).isEqualTo(3);
      } finally {
        gate.unlock();
      }
    }
  }

  private static CompletableFuture<Void> append(PartitionLog log) {
    return log.append(
            MemoryRecords.withRecords(
                Compression.NONE, new SimpleRecord("v".getBytes(StandardCharsets.UTF_8))),
            3,
            AppendOrigin.CLIENT,
            VerificationGuard.SENTINEL,
            (short) 0)
        .durable();
  }
}
