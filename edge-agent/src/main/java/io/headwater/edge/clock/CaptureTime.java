package io.headwater.edge.clock;

import io.headwater.uplink.ClockQuality;

/**
 * What is known now of when something was captured.
 *
 * @param millis since 1970
 * @param quality where that comes from
 */
public record CaptureTime(long millis, ClockQuality quality) {
  /** Whether it is the right time, as far as anybody knows. */
  public boolean isTrusted() {
    return quality != ClockQuality.UNSYNCED;
  }
}
