package io.headwater.hub.kafka.ledger;

/** The behaviour suite on ledgers in memory; that on real ones is in the module of the process. */
class LedgerPartitionLogTest extends LedgerLogSuite {
  private final MemoryLedgers stores = new MemoryLedgers();
  private final MemoryStates states = new MemoryStates();

  @Override
  protected Ledgers connect() {
    return stores;
  }

  @Override
  protected PartitionStates states() {
    return states;
  }
}
