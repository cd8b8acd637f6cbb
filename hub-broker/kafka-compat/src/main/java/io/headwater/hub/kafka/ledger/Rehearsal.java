package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.log.Appended;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.process.Threads;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over a log that nobody waits for, a few times, and deletes it: the first takeover in a JVM
 * takes seconds, in which all that it needs is loaded and compiled, and no partition should have to
 * wait for that.
 *
 * <p>Runs once, in a thread of its own, as soon as the stores answer. What a kill leaves of it is
 * in no catalog, and goes with what is left of deleted topics.
 */
public final class Rehearsal implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Rehearsal.class);
  private static final TopicPartition PARTITION = new TopicPartition("rehearsal", 0);
  private static final int TAKEOVERS = 6;
  private static final int ATTEMPTS = 30;
  private static final long AGAIN_MS = 1_000;
  private static final short NO_TRANSACTION_VERSION = -1;

  private final Ledgers ledgers;
  private final PartitionStates states;
  private final Path scratch;
  private final int broker;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Uuid topic = Uuid.randomUuid();
  private final Thread thread;

  /** Confined to the thread. */
  private int epoch;

  /**
   * Begins at once.
   *
   * @param ledgers stay open, as do the states
   * @param scratch a folder that is its own; what is in it is removed
   */
  public Rehearsal(Ledgers ledgers, PartitionStates states, Path scratch, int broker) {
    this.ledgers = ledgers;
    this.states = states;
    this.scratch = scratch;
    this.broker = broker;
    this.thread = Threads.start("hub-rehearsal-0", this::run);
  }

  private void run() {
    try {
      for (int attempt = 0; attempt < ATTEMPTS && !isClosing(); attempt++) {
        if (tryOnce()) {
          return;
        }
        var _ = closing.await(AGAIN_MS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private boolean tryOnce() {
    try (var engine =
        new LedgerLogEngine(
            shared(ledgers),
            shared(states),
            LedgerLogSettings.DEFAULTS,
            scratch,
            broker,
            new LogMetrics(new SimpleMeterRegistry()),
            Time.SYSTEM)) {
      var millis = new ArrayList<Long>();
      try {
        for (int i = 0; i < TAKEOVERS && !isClosing(); i++) {
          engine.abandon(PARTITION);
          long began = System.nanoTime();
          use(engine.create(PARTITION, topic, epoch, new LogConfig(Map.of())), epoch);
          epoch++;
          millis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
        }
      } finally {
        engine.delete(PARTITION);
      }
      LOGGER.atInfo().addKeyValue("millis", millis).log("Rehearsed how to take a log over");
      return true;
    } catch (IOException | RuntimeException e) {
      LOGGER.atDebug().setCause(e).log("A takeover could not be rehearsed");
      return false;
    }
  }

  /** Leaves something of each kind for the next one to find. */
  private static void use(PartitionLog log, long producer) {
    VerificationGuard guard = log.maybeStartTransactionVerification(producer, 0, (short) 0, false);
    append(
        log,
        MemoryRecords.withTransactionalRecords(
            Compression.NONE, producer, (short) 0, 0, record(), record()),
        AppendOrigin.CLIENT,
        guard,
        NO_TRANSACTION_VERSION);
    append(
        log,
        MemoryRecords.withEndTransactionMarker(
            producer, (short) 0, new EndTransactionMarker(ControlRecordType.COMMIT, 0)),
        AppendOrigin.COORDINATOR,
        VerificationGuard.SENTINEL,
        (short) 1);
    append(
        log,
        MemoryRecords.withRecords(Compression.NONE, record()),
        AppendOrigin.CLIENT,
        VerificationGuard.SENTINEL,
        NO_TRANSACTION_VERSION);
    for (long next = log.startOffset(); next < log.highWatermark(); ) {
      long before = next;
      for (RecordBatch batch :
          log.read(next, 1 << 20, true, IsolationLevel.READ_COMMITTED).records().batches()) {
        next = batch.nextOffset();
      }
      if (next == before) {
        return;
      }
    }
  }

  private static SimpleRecord record() {
    byte[] bytes = "rehearsal".getBytes(StandardCharsets.UTF_8);
    return new SimpleRecord(Time.SYSTEM.milliseconds(), bytes, bytes);
  }

  private static void append(
      PartitionLog log,
      MemoryRecords records,
      AppendOrigin origin,
      VerificationGuard guard,
      short transactionVersion) {
    Appended appended =
        log.append(records, log.leaderEpoch().orElse(0), origin, guard, transactionVersion);
    Waits.await(
        appended.durable().thenApply(_ -> true),
        LedgerLogSettings.DEFAULTS.patience(),
        "appending to a log that is rehearsed with");
  }

  private static Ledgers shared(Ledgers ledgers) {
    return new Ledgers() {
      @Override
      public CompletableFuture<Writer> create() {
        return ledgers.create();
      }

      @Override
      public CompletableFuture<Reader> recover(long ledger) {
        return ledgers.recover(ledger);
      }

      @Override
      public CompletableFuture<Void> delete(long ledger) {
        return ledgers.delete(ledger);
      }

      @Override
      public void close() {}
    };
  }

  private static PartitionStates shared(PartitionStates states) {
    return new PartitionStates() {
      @Override
      public Optional<Versioned> read(Key key) {
        return states.read(key);
      }

      @Override
      public Optional<Versioned> create(Key key, PartitionState state) {
        return states.create(key, state);
      }

      @Override
      public Optional<Versioned> write(Key key, PartitionState state, int version) {
        return states.write(key, state, version);
      }

      @Override
      public boolean delete(Key key, int version) {
        return states.delete(key, version);
      }

      @Override
      public List<Key> list() {
        return List.of(); // others' are not its business
      }

      @Override
      public void close() {}
    };
  }

  /** Breaks off: it may be waiting for stores that do not answer. */
  @Override
  public void close() {
    closing.countDown();
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
