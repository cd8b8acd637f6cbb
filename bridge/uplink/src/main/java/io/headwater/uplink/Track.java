package io.headwater.uplink;

import java.util.Locale;

/** Why a batch travels now. The ordinals are the wire's. */
public enum Track {
  /** Committed since the gateway connected. */
  LIVE,
  /** Waited on the device's disk. */
  BACKFILL,
  /** Asked for again by the hub's side; outside the cursor. */
  REFETCH;

  /** As in the record header {@code track}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
