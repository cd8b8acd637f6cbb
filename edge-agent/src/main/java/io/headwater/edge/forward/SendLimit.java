package io.headwater.edge.forward;

import io.headwater.process.ByteSize;

/**
 * What the configured limit lets through now, in readings and in bytes as they travel. Knows no
 * clock of its own; confined to the forwarder's thread.
 *
 * <p>The burst is one second's worth. The last half of it is kept for what is prompt, so that it
 * does not wait for what a backlog has used up. A batch may cost more bytes than were there, as
 * only encoding it tells: what follows waits for that.
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

  boolean allows(Urgency urgency, long nowNanos) {
    return readings(urgency, nowNanos) > 0 && bytes(urgency, nowNanos) > 0;
  }

  /** How many readings may go; 0 if the next are not worth a batch yet. */
  long readings(Urgency urgency, long nowNanos) {
    return readings.available(reserved(urgency), nowNanos);
  }

  /** How many bytes may go; 0 if the next are not worth a batch yet. */
  long bytes(Urgency urgency, long nowNanos) {
    return bytes.available(reserved(urgency), nowNanos);
  }

  private static int reserved(Urgency urgency) {
    return urgency == Urgency.PROMPT ? 0 : 50;
  }

  void sent(long readingsSent, long bytesSent) {
    readings.take(readingsSent);
    bytes.take(bytesSent);
  }
}
