package io.headwater.edge.mqtt;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** How many filters one client, and all of them together, may have. Thread-safe. */
final class FilterQuota {
  private final Supplier<MqttLimits> limits;
  private final AtomicInteger taken = new AtomicInteger();

  FilterQuota(Supplier<MqttLimits> limits) {
    this.limits = limits;
  }

  /**
   * Takes one more.
   *
   * @param own how many the client has already
   */
  boolean take(int own) {
    MqttLimits now = limits.get();
    if (own >= now.filtersPerSession()) {
      return false;
    }
    if (taken.incrementAndGet() > now.filtersInAll()) {
      taken.decrementAndGet();
      return false;
    }
    return true;
  }

  /** A session that goes on keeps what it was granted, whatever the others have. */
  void keep(int filters) {
    taken.addAndGet(filters);
  }

  /** Of all clients that are connected. */
  int taken() {
    return taken.get();
  }

  void giveBack(int filters) {
    taken.addAndGet(-filters);
  }
}
