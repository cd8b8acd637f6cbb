package io.headwater.hub.kafka.ledger;

import static io.headwater.hub.kafka.log.Batches.append;
import static io.headwater.hub.kafka.log.Batches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headwater.hub.kafka.ledger.PartitionState.Part;
import io.headwater.hub.kafka.log.Appended;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nothing orders what the stores answer for different ledgers; a log is in order all the same. */
@Timeout(60)
class RollOrderTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 0);
  private static final PartitionStates.Key KEY = new PartitionStates.Key(Uuid.randomUuid(), 0);

  /** The ledgers of a log, by the numbers they are given. */
  private static final long A = 0;

  private static final long B = 1;
  private static final long C = 2;
  private static final long D = 3;

  /** Makes a ledger full after some fifty records; it is in key and value. */
  private static final String PADDING = "-".repeat(10_000);

  /** So many records are more than half a ledger, and less than a whole one. */
  private static final int MORE_THAN_HALF = 30;

  @TempDir private Path folder;
  private final MemoryLedgers stores = new MemoryLedgers();
  private final HeldLedgers ledgers = new HeldLedgers(stores);
  private final MemoryStates states = new MemoryStates();
  private final LeapingTime time = new LeapingTime();
  private final List<LedgerLogEngine> engines = new ArrayList<>();

  /** What was appended, in order, and what became of it. */
  private final List<String> values = new ArrayList<>();

  private final List<Appended> appended = new ArrayList<>();

  @AfterEach
  void close() {
    ledgers.release();
    engines.forEach(LedgerLogEngine::close);
  }

  /** Takes the partition over, with the broker's number for an epoch. */
  private PartitionLog open(int broker) throws Exception {
    var engine =
        new LedgerLogEngine(
            ledgers,
            states,
            LedgerLogSettings.DEFAULTS,
            folder.resolve("broker-" + broker),
            broker,
            new LogMetrics(new SimpleMeterRegistry()),
            time);
    engines.add(engine);
    LogConfig config = new TopicConfigs(Map.of()).effective(Map.of("segment.bytes", "1048576"));
    return engine.create(PARTITION, KEY.topicId(), broker, config);
  }

  private PartitionStates.Versioned state() {
    return states.read(KEY).orElseThrow();
  }

  private List<Part> parts() {
    return state().state().ledgers();
  }

  private List<Long> listed() {
    return parts().stream().map(Part::ledger).toList();
  }

  private long sealed() {
    return parts().stream().filter(part -> !part.isOpen()).count();
  }

  private Appended appendOne(PartitionLog log) {
    values.add("value-" + values.size() + PADDING);
    appended.add(append(log, values.getLast()));
    return appended.getLast();
  }

  private static void awaitStored(Appended one) throws Exception {
    one.durable().get(10, TimeUnit.SECONDS);
  }

  /** The last ledgers of A are held back, while B has stored what was appended behind them. */
  private PartitionLog rolledWhileTheLastOfTheOneBeforeAreOnTheirWay() throws Exception {
    PartitionLog log = open(1);
    for (int i = 0; i < MORE_THAN_HALF; i++) {
      awaitStored(appendOne(log));
    }
    await().until(() -> listed().contains(B));
    ledgers.holdAppends(A);
    while (log.segments() < 2) {
      appendOne(log);
    }
    for (int i = 0; i < 3; i++) {
      appendOne(log);
    }
    return log;
  }

  private void rollTo(PartitionLog log, int ledgers) throws Exception {
    while (log.segments() < ledgers) {
      awaitStored(appendOne(log));
    }
  }

  /** As far as C, of which nothing is stored. */
  private PartitionLog rolledToOneThatStoresNothing() throws Exception {
    ledgers.holdAppends(C);
    PartitionLog log = open(1);
    rollTo(log, 2);
    while (true) {
      Appended one = appendOne(log);
      if (log.segments() == 3) {
        values.removeLast(); // is in C, and nobody was told that it is stored
        return log;
      }
      awaitStored(one);
    }
  }

  @Test
  void nothingIsAcknowledgedBeforeAllOfTheLedgerBeforeIsStored() throws Exception {
    PartitionLog log = rolledWhileTheLastOfTheOneBeforeAreOnTheirWay();
    assertThat(log.highWatermark()).isEqualTo(MORE_THAN_HALF);
    assertThat(appended.subList(MORE_THAN_HALF, appended.size()))
        .noneMatch(one -> one.durable().isDone());

    ledgers.release();
    for (Appended one : appended) {
      awaitStored(one);
    }
    assertThat(log.highWatermark()).isEqualTo(appended.size());
    assertThat(readAll(log)).isEqualTo(values);
  }

  @Test
  void whatFailsAtTheEndOfALedgerFailsAllBehindItToo() throws Exception {
    PartitionLog first = rolledWhileTheLastOfTheOneBeforeAreOnTheirWay();
    ledgers.fail(A);
    await().until(() -> appended.getLast().durable().isDone());
    var acknowledged = new ArrayList<String>();
    for (int i = 0; i < values.size(); i++) {
      if (!appended.get(i).durable().isCompletedExceptionally()) {
        acknowledged.add(values.get(i));
      }
    }
    assertThat(first.highWatermark()).isEqualTo(MORE_THAN_HALF);
    assertThat(readAll(open(2))).containsExactlyElementsOf(acknowledged);
  }

  @Test
  void whatStandsStillIsNotHiddenByTheNextLedgerThatGoesOn() throws Exception {
    PartitionLog log = rolledWhileTheLastOfTheOneBeforeAreOnTheirWay();
    time.leap(4_000);
    Appended last = appendOne(log);
    time.leap(4_000);
    assertThatThrownBy(() -> awaitStored(last))
        .hasCauseInstanceOf(KafkaStorageException.class)
        .hasMessageContaining("nothing was stored in ledger " + A);
  }

  @Test
  void anOrderlyEndWaitsForWhatTheLedgerBeforeHasNotStored() throws Exception {
    rolledWhileTheLastOfTheOneBeforeAreOnTheirWay();
    engines.getFirst().release(PARTITION);
    await()
        .during(Duration.ofMillis(500))
        .atMost(Duration.ofSeconds(5))
        .until(() -> !appended.getLast().durable().isDone());
    ledgers.release();
    for (Appended one : appended) {
      awaitStored(one);
    }
    assertThat(readAll(open(2))).isEqualTo(values);
  }

  @Test
  void aLedgerInUseIsKeptWhateverIsSealedFirst() throws Exception {
    ledgers.holdSeals(A);
    ledgers.holdSeals(B);
    PartitionLog log = open(1);
    rollTo(log, 4);
    await()
        .during(Duration.ofSeconds(1))
        .atMost(Duration.ofSeconds(5))
        .until(() -> listed().contains(B) && stores.ids().contains(B));

    ledgers.release();
    await().until(() -> sealed() == 3);
    assertThat(listed()).startsWith(A, B, C, D);
    assertThat(parts().stream().map(Part::baseOffset).limit(4)).isSorted().doesNotHaveDuplicates();
    assertThat(readAll(log)).isEqualTo(values);
    assertThat(readAll(open(2))).isEqualTo(values);
  }

  @Test
  void aLedgerIsNotHiddenBecauseTheOneBeforeIsSealedLater() throws Exception {
    ledgers.holdSeals(A);
    rolledToOneThatStoresNothing();
    await() // time to note what must not be noted yet
        .during(Duration.ofSeconds(1))
        .atMost(Duration.ofSeconds(5))
        .until(() -> listed().equals(List.of(A, B, C)));

    PartitionLog second = open(2);
    assertThat(readAll(second)).isEqualTo(values);
    assertThat(second.endOffset()).isEqualTo(values.size());
  }

  /** Which is how a broker of an earlier version may have left a state. */
  @Test
  void aSealedLedgerBehindAnOpenOneCountsForTheEnd() throws Exception {
    rolledToOneThatStoresNothing();
    await().until(() -> sealed() == 2);
    PartitionStates.Versioned found = state();
    var parts = new ArrayList<>(parts());
    parts.set(0, Part.open(A, 0));
    states.write(KEY, found.state().withLedgers(parts), found.version());

    PartitionLog second = open(2);
    assertThat(readAll(second)).isEqualTo(values);
    assertThat(second.endOffset()).isEqualTo(values.size());
    awaitStored(append(second, "next"));
    assertThat(readAll(second)).hasSize(values.size() + 1);
  }
}
