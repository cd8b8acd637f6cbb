package io.headwater.uplink;

import java.util.Locale;

/** How far a capture time can be trusted. The ordinals are the wire's. */
public enum ClockQuality {
  /** The device's clock was synchronised. */
  SYNCED,
  /** Corrected later in the same boot. */
  CORRECTED,
  /** Taken from the bridge's answers by a device without time synchronisation. */
  BRIDGE,
  /** Not to be trusted. */
  UNSYNCED;

  /** As in the record header {@code clock}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
