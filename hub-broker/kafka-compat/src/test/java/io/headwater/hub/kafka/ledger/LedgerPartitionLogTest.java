package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.log.PartitionLogSuite;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.io.TempDir;

/** The behaviour suite on ledgers; real ones are in the module of the process. */
class LedgerPartitionLogTest extends PartitionLogSuite {
  @TempDir Path folder;
  private final MemoryLedgers stores = new MemoryLedgers();
  private final MemoryStates states = new MemoryStates();
  private final ReentrantLock gate = new ReentrantLock(true);
  private final AtomicInteger attempts = new AtomicInteger();
  private GatedLedgers ledgers = new GatedLedgers(stores, gate, attempts);

  @Override
  protected LogEngine open() throws Exception {
    ledgers = new GatedLedgers(stores, gate, attempts);
    return new LedgerLogEngine(
        ledgers,
        states,
        LedgerLogSettings.DEFAULTS,
        folder,
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

  @Override
  protected int attempts() {
    return attempts.get();
  }
}
