package io.headwater.bridge.handover;

import io.headwater.uplink.Batch;
import io.headwater.uplink.UplinkTopics;

/** Who writes: one life of one gateway's log. */
record LogId(String gateway, long epoch) {
  static LogId of(Batch batch) {
    return new LogId(batch.gateway(), batch.epoch());
  }

  int lane() {
    return UplinkTopics.lane(gateway);
  }
}
