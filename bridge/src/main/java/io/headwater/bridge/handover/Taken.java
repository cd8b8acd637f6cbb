package io.headwater.bridge.handover;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.uplink.Batch;

/**
 * A batch of the running transaction.
 *
 * @param from the broker by which it came
 */
record Taken(Batch batch, BrokerClient from, GatewayCursors.Verdict verdict) {
  LogId log() {
    return LogId.of(batch);
  }
}
