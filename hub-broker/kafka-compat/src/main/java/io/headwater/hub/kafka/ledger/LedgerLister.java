package io.headwater.hub.kafka.ledger;

import java.util.Set;

/** Tells which ledgers there are, whoever of this cluster's brokers has made them. */
public interface LedgerLister {
  /**
   * Ids of the ledgers that brokers have made, but for those given. Waits for the stores.
   *
   * @throws LedgerException ({@code UNAVAILABLE}) they cannot be listed now
   */
  Set<Long> allBut(Set<Long> listed);
}
