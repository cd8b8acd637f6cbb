package io.headwater.uplink;

import java.util.Locale;

/** Why an offset has no record. The ordinals are the wire's. */
public enum GapReason {
  /** Deleted by retention before it was settled. */
  RETENTION,
  /** Dropped because the disk was full. */
  DISK_FULL,
  /** Thinned out by a policy. */
  DECIMATED,
  /** Lost with a damaged file. */
  CORRUPT,
  /** Given out but never committed. */
  UNUSED,
  /** Refused by the hub for good; kept in the dead-letter topic. */
  POISON;

  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
