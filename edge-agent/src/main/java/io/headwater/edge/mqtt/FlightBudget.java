package io.headwater.edge.mqtt;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Bytes in flight over all connections: of packets that have not arrived whole, and of publishes
 * whose outcome is not known yet. Thread-safe.
 */
final class FlightBudget {
  private final LongSupplier most;
  private final AtomicLong used = new AtomicLong();

  FlightBudget(LongSupplier most) {
    this.most = most;
  }

  boolean reserve(long bytes) {
    long limit = most.getAsLong();
    long now = used.get();
    // Something that is larger than all is taken alone, or it would never be.
    while (now == 0 || now + bytes <= limit) {
      if (used.compareAndSet(now, now + bytes)) {
        return true;
      }
      now = used.get();
    }
    return false;
  }

  void release(long bytes) {
    used.addAndGet(-bytes);
  }

  long used() {
    return used.get();
  }
}
