package io.headwater.edge.mqtt;

import java.util.concurrent.atomic.AtomicLong;

/** One connection's part of the bytes in flight. Thread-safe. */
final class Flight {
  private static final int OVERHEAD = 128;

  private final FlightBudget all;
  private final long most;
  private final AtomicLong own = new AtomicLong();

  Flight(FlightBudget all, long most) {
    this.all = all;
    this.most = most;
  }

  /** What a publish takes until its outcome is known. */
  static long bytes(String topic, byte[] payload) {
    return (long) OVERHEAD + topic.length() + payload.length;
  }

  /** Whether there was room; called by the connection's event loop only. */
  boolean reserve(long bytes) {
    long now = own.get();
    if ((now > 0 && now + bytes > most) || !all.reserve(bytes)) {
      return false;
    }
    own.addAndGet(bytes);
    return true;
  }

  void release(long bytes) {
    own.addAndGet(-bytes);
    all.release(bytes);
  }
}
