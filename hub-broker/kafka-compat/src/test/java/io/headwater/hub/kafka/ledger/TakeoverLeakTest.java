package io.headwater.hub.kafka.ledger;

import static io.headwater.hub.kafka.log.Batches.append;
import static io.headwater.hub.kafka.log.Batches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headwater.hub.kafka.ledger.LedgerException.Reason;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A take-over that fails is tried again every half second, and must keep nothing each time. */
@Timeout(60)
class TakeoverLeakTest {
  private static final TopicPartition PARTITION = new TopicPartition("t", 0);
  private static final PartitionStates.Key KEY = new PartitionStates.Key(Uuid.randomUuid(), 0);

  /** More than half a ledger of them makes the next one ready. */
  private static final int RECORDS = 30;

  private static final String VALUE = "-".repeat(10_000); // in key and value

  @TempDir private Path folder;
  private final MemoryLedgers stores = new MemoryLedgers();
  private final MemoryStates states = new MemoryStates();
  private final CountedLedgers ledgers = new CountedLedgers(stores);
  private LedgerLogEngine before;
  private LedgerLogEngine engine;

  @BeforeEach
  void leaveALedgerInUseAndOneMadeReady() throws Exception {
    before = engine(1, stores);
    PartitionLog log = open(before, 1);
    for (int i = 0; i < RECORDS; i++) {
      append(log, VALUE).durable().join();
    }
    await().until(() -> states.read(KEY).orElseThrow().state().ledgers().size() == 2);
    engine = engine(2, ledgers);
  }

  @AfterEach
  void close() {
    engine.close();
    before.close();
  }

  private LedgerLogEngine engine(int broker, Ledgers ledgers) throws Exception {
    return new LedgerLogEngine(
        ledgers,
        states,
        LedgerLogSettings.DEFAULTS,
        folder.resolve("broker-" + broker),
        broker,
        new LogMetrics(new SimpleMeterRegistry()),
        Time.SYSTEM);
  }

  private static PartitionLog open(LedgerLogEngine engine, int epoch) {
    LogConfig config = new TopicConfigs(Map.of()).effective(Map.of("segment.bytes", "1048576"));
    return engine.create(PARTITION, KEY.topicId(), epoch, config);
  }

  private void failsAndKeepsNothing() {
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> open(engine, 2)).isInstanceOf(KafkaStorageException.class);
    }
    assertThat(ledgers.opened.get()).isPositive();
    assertThat(ledgers.open.get()).isZero();
  }

  private void succeeds() {
    PartitionLog log = open(engine, 2);
    assertThat(readAll(log)).hasSize(RECORDS);
    assertThat(ledgers.open.get()).as("the log's own").isEqualTo(1);
  }

  @Test
  void whereNoNewLedgerCanBeMade() {
    ledgers.makesNone.set(true);
    failsAndKeepsNothing();
    ledgers.makesNone.set(false);
    succeeds();
  }

  @Test
  void whereALaterLedgerCannotBeRecovered() {
    ledgers.missing.set(1);
    failsAndKeepsNothing();
    ledgers.missing.set(-1);
    succeeds();
  }

  @Test
  void whereALedgerCannotBeRead() {
    ledgers.unreadable.set(true);
    failsAndKeepsNothing();
    ledgers.unreadable.set(false);
    succeeds();
  }

  @Test
  void whereTheStoreOfTheStatesDoesNotAnswer() {
    states.loseNextAnswer();
    assertThatThrownBy(() -> open(engine, 2)).isInstanceOf(KafkaStorageException.class);
    assertThat(ledgers.open.get()).isZero();
    succeeds();
  }

  /** Counts the readers of recovered ledgers that are open. */
  private static final class CountedLedgers implements Ledgers {
    private final Ledgers stores;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicBoolean makesNone = new AtomicBoolean();
    private final AtomicBoolean unreadable = new AtomicBoolean();
    private final AtomicInteger missing = new AtomicInteger(-1);

    CountedLedgers(Ledgers stores) {
      this.stores = stores;
    }

    private static <T> CompletableFuture<T> failed() {
      return CompletableFuture.failedFuture(
          new LedgerException(Reason.UNAVAILABLE, "the stores are broken", null));
    }

    @Override
    public CompletableFuture<Writer> create() {
      return makesNone.get() ? failed() : stores.create();
    }

    @Override
    public CompletableFuture<Reader> recover(long ledger) {
      return ledger == missing.get() ? failed() : stores.recover(ledger).thenApply(Counted::new);
    }

    @Override
    public CompletableFuture<Void> delete(long ledger) {
      return stores.delete(ledger);
    }

    @Override
    public void close() {
      stores.close();
    }

    private final class Counted implements Reader {
      private final Reader reader;
      private final AtomicBoolean isOpen = new AtomicBoolean(true);

      Counted(Reader reader) {
        this.reader = reader;
        open.incrementAndGet();
        opened.incrementAndGet();
      }

      @Override
      public long id() {
        return reader.id();
      }

      @Override
      public long lastEntry() {
        return reader.lastEntry();
      }

      @Override
      public CompletableFuture<List<ByteBuffer>> read(long first, int maxEntries, int maxBytes) {
        return unreadable.get() ? failed() : reader.read(first, maxEntries, maxBytes);
      }

      @Override
      public void close() {
        if (isOpen.getAndSet(false)) {
          open.decrementAndGet();
        }
      }
    }
  }
}
