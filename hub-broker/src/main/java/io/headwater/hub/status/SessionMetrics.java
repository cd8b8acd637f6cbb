package io.headwater.hub.status;

import io.headwater.hub.zookeeper.ZooKeeperContact;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/** Series of a broker's session with ZooKeeper. */
public final class SessionMetrics {
  private SessionMetrics() {}

  public static void register(MeterRegistry registry, ZooKeeperContact contact) {
    Gauge.builder("hub.cluster.zookeeper.session", contact, held -> held.isFresh() ? 1 : 0)
        .description("1 while the session with ZooKeeper lets this broker answer for partitions")
        .register(registry);
    Gauge.builder("hub.cluster.zookeeper.contact", contact, held -> held.age().toMillis() / 1e3)
        .description("Time since ZooKeeper was last heard of")
        .baseUnit("seconds")
        .register(registry);
  }
}
