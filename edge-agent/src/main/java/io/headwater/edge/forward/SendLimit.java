package io.headwater.edge.forward;

import io.headwater.process.ByteSize;
import io.headwater.uplink.Track;

/**
 * What the configured limit lets through now, in readings and in bytes as they travel. Knows no
 * clock of its own; confined to the forwarder's thread.
 *
 * <p>The burst is one second's worth. The last half of it is kept for live readings, so that they
 * do not wait for what a backlog has used up. A batch may cost more bytes than were there, as only
 * encoding it tells: what follows waits for that.
 */
final class SendLimit {
  private final TokenBucket readings;
  private final TokenBucket bytes;

  SendLimit(ForwarderSettings.Limit limit, long nowNanos) {
    readings = new TokenBucket(limit.readingsPerSecond().orElse(Long.MAX_VALUE), nowNanos);
    bytes =
        new TokenBucket(
            limit.bytesPerSecond().map(ByteSize::bytes).orElse(Long.MAX_VALUE), nowNanos);
  }

  boolean allows(Track track, long nowNanos) {
    return readings(track, nowNanos) > 0 && bytes(track, nowNanos) > 0;
  }

  /** How many readings may go; 0 if the next are not worth a batch yet. */
  long readings(Track track, long nowNanos) {
    return readings.available(reserved(track), nowNanos);
  }

  /** How many bytes may go; 0 if the next are not worth a batch yet. */
  long bytes(Track track, long nowNanos) {
    return bytes.available(reserved(track), nowNanos);
  }

  private static int reserved(Track track) {
    return track == Track.LIVE ? 0 : 50;
  }

  void sent(long readingsSent, long bytesSent) {
    readings.take(readingsSent);
    bytes.take(bytesSent);
  }
}
