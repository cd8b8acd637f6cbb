package io.headwater.bridge.handover;

import io.headwater.uplink.RejectReason;

/** A batch that cannot go into the hub as it is: nothing of its transaction was written. */
final class RefusedRecordException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final RejectReason reason;

  RefusedRecordException(RejectReason reason, String message) {
    super(message);
    this.reason = reason;
  }

  RejectReason reason() {
    return reason;
  }
}
