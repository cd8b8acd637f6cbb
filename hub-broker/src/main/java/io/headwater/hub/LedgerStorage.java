package io.headwater.hub;

import io.headwater.hub.kafka.Lease;
import io.headwater.hub.kafka.Storage;
import io.headwater.hub.kafka.ledger.LedgerLogEngine;
import io.headwater.hub.kafka.ledger.LedgerLogSettings;
import io.headwater.hub.kafka.ledger.Ledgers;
import io.headwater.hub.kafka.ledger.PartitionStates;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogMetrics;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.common.utils.Time;

/**
 * Partitions as ledgers, which all brokers of the cluster reach.
 *
 * @param session of ZooKeeper, after which a silent broker is taken for gone
 * @param scratch a folder for what need not last
 */
record LedgerStorage(
    Ledgers ledgers,
    PartitionStates states,
    Duration session,
    Lease lease,
    Path scratch,
    int nodeId)
    implements Storage {
  /** A roll of upgrades brings each node back within it, so that partitions move once. */
  private static final Duration CALM = Duration.ofSeconds(5);

  @Override
  public LogEngine open(LogMetrics metrics) throws IOException {
    return new LedgerLogEngine(
        ledgers, states, LedgerLogSettings.DEFAULTS, scratch, nodeId, metrics, Time.SYSTEM);
  }

  @Override
  public Optional<Storage.Sharing> sharing() {
    return Optional.of(new Storage.Sharing(CALM, session, lease));
  }
}
