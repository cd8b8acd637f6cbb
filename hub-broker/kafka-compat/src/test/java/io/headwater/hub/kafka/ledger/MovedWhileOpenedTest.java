package io.headwater.hub.kafka.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.TopicLogs;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MovedWhileOpenedTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 0);
  private static final Uuid TOPIC_ID = Uuid.randomUuid();

  @TempDir private Path folder;

  /** Stores that make no ledger before they are let. */
  private static final class SlowLedgers implements Ledgers {
    private final MemoryLedgers stores = new MemoryLedgers();
    private final CompletableFuture<Void> let = new CompletableFuture<>();
    private final CompletableFuture<Void> asked = new CompletableFuture<>();

    @Override
    public CompletableFuture<Writer> create() {
      asked.complete(null);
      return let.thenCompose(_ -> stores.create());
    }

    @Override
    public CompletableFuture<Reader> recover(long ledger) {
      return stores.recover(ledger);
    }

    @Override
    public CompletableFuture<Void> delete(long ledger) {
      return stores.delete(ledger);
    }

    @Override
    public void close() {
      stores.close();
    }
  }

  private static TopicsSnapshot led(int leader, int epoch) {
    var partition = new Partition(0, leader, epoch, List.of(1, 2));
    return new TopicsSnapshot(
        epoch + 1L,
        "c",
        List.of(),
        List.of(new Topic("t", TOPIC_ID, List.of(partition), Map.of())));
  }

  @Test
  void aPartitionThatMovesOnWhileItIsTakenOverIsNotKept() throws Exception {
    var ledgers = new SlowLedgers();
    try (LedgerLogEngine engine = engine(ledgers)) {
      var logs = new TopicLogs(engine, new TopicConfigs(Map.of()), 1);
      logs.apply(led(1, 0));
      ledgers.asked.join();
      logs.apply(led(2, 1));
      ledgers.let.complete(null);
      await()
          .during(Duration.ofSeconds(1))
          .atMost(Duration.ofSeconds(10))
          .until(() -> engine.find(PARTITION).isEmpty());
      assertThat(engine.problem()).isEmpty();

      logs.apply(led(1, 2));
      await().atMost(Duration.ofSeconds(10)).until(() -> engine.find(PARTITION).isPresent());
    }
  }

  /** Or clients that ask this broker for the leader would hear for good that there is none. */
  @Test
  void whatFailsAfterThePartitionMovedOnIsNotHeldAgainstIt() throws Exception {
    var ledgers = new SlowLedgers();
    try (LedgerLogEngine engine = engine(ledgers)) {
      var logs = new TopicLogs(engine, new TopicConfigs(Map.of()), 1);
      logs.apply(led(1, 0));
      ledgers.asked.join();
      logs.apply(led(2, 1));
      ledgers.let.completeExceptionally(
          new LedgerException(LedgerException.Reason.UNAVAILABLE, "too few stores", null));
      await()
          .during(Duration.ofSeconds(1))
          .atMost(Duration.ofSeconds(10))
          .until(() -> engine.lost().isEmpty() && engine.problem().isEmpty());
    }
  }

  private LedgerLogEngine engine(Ledgers ledgers) throws Exception {
    return new LedgerLogEngine(
        ledgers,
        new MemoryStates(),
        LedgerLogSettings.DEFAULTS,
        folder,
        1,
        new LogMetrics(new SimpleMeterRegistry()),
        Time.SYSTEM);
  }
}
