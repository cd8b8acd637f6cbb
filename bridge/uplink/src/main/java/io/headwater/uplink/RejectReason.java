package io.headwater.uplink;

import java.util.Locale;

/**
 * Why a bridge does not take a batch. The data stays on the device. The ordinals are the wire's.
 */
public enum RejectReason {
  /** The bridge does not speak this version. */
  VERSION,
  /** Send it in smaller batches. */
  TOO_LARGE,
  /** The hub has no such topic and the bridge may not make it. */
  NO_TOPIC,
  /** The gateway may not write there. */
  NOT_ALLOWED,
  /** Come back later. */
  BUSY,
  /** The frame was damaged: send it again. */
  CORRUPT,
  /** The hub refuses a record of it: send its records one by one. */
  POISON;

  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
