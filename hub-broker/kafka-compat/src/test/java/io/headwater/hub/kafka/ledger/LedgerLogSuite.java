package io.headwater.hub.kafka.ledger;

import static java.util.Objects.requireNonNull;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.log.PartitionLogSuite;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

/** The behaviour suite on ledgers. A subclass gives what stores them and what keeps the states. */
public abstract class LedgerLogSuite extends PartitionLogSuite {
  @TempDir Path scratch;
  private final ReentrantLock gate = new ReentrantLock(true);
  private final AtomicInteger attempts = new AtomicInteger();
  private @Nullable PartitionStates states;
  private GatedLedgers ledgers = new GatedLedgers(new MemoryLedgers(), gate, attempts);

  /** A new client of the same stores. */
  protected abstract Ledgers connect() throws Exception;

  /** A new client of the same states. */
  protected abstract PartitionStates states() throws Exception;

  @Override
  protected LogEngine open() throws Exception {
    ledgers = new GatedLedgers(connect(), gate, attempts);
    states = states();
    return new LedgerLogEngine(
        ledgers,
        states,
        LedgerLogSettings.DEFAULTS,
        scratch,
        1,
        new LogMetrics(new SimpleMeterRegistry()),
        Time.SYSTEM);
  }

  @Override
  protected void hold() {
    gate.lock();
  }

  @Override
  protected void release() {
    gate.unlock();
  }

  @Override
  protected void losePages(PartitionLog of) {
    ledgers.lose(((LedgerPartitionLog) of).openLedger());
  }

  /** It is deleted in the background, and a log that is opened before stays. */
  @Override
  protected void awaitDeleted(TopicPartition partition, Uuid id) {
    var key = new PartitionStates.Key(id, partition.partition());
    Awaitility.await().until(() -> !requireNonNull(states).list().contains(key));
  }

  @Override
  protected int attempts() {
    return attempts.get();
  }
}
