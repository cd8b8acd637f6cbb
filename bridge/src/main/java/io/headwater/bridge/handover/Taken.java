package io.headwater.bridge.handover;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.uplink.Batch;

/**
 * A batch of the running transaction.
 *
 * @param from the broker by which it came
 * @param way by which it came there
 */
record Taken(Batch batch, BrokerClient from, Way way, GatewayCursors.Verdict verdict) {
  LogId log() {
    return LogId.of(batch);
  }
}
