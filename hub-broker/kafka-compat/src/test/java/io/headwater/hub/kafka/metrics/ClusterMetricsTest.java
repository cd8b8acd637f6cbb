package io.headwater.hub.kafka.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.CatalogStore;
import io.headwater.hub.kafka.metadata.MemoryStore;
import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.StoredCatalog;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.hub.kafka.metadata.TopicRules;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ClusterMetricsTest {
  private final MemoryStore store = new MemoryStore();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private StoredCatalog catalog(int broker) {
    CatalogStore session = store.session();
    var catalog =
        new StoredCatalog(
            session,
            new TopicRules(new TopicConfigs(Map.of()), 3, 2),
            MemoryStore.groupConfigs(),
            broker);
    catalog.register(new Broker(broker, "localhost", broker, null)).join();
    return catalog;
  }

  private double gauge(String name) {
    return registry.get("hub.cluster." + name).gauge().value();
  }

  private double changes() {
    return registry.get("hub.cluster.leader.changes").counter().count();
  }

  @Test
  void countsWhoLeadsAndEachChange() {
    try (var one = catalog(1)) {
      try (var two = catalog(2)) {
        two.create(new NewTopic("t", 4, 2, Map.of()), false).join();
        var metrics = new ClusterMetrics(registry, one, 1);
        Awaitility.await().until(() -> gauge("led") == 2);
        try (var _ = one.subscribe(metrics::apply)) {
          assertThat(changes()).isZero();
          assertThat(gauge("brokers")).isEqualTo(2);
          assertThat(gauge("leaderless")).isZero();
          assertThat(gauge("controller")).isZero();

          for (int partition = 0; partition < 4; partition++) {
            store.lead(new TopicPartition("t", partition), 2);
          }
          Awaitility.await().until(() -> gauge("led") == 0);
          assertThat(changes()).isEqualTo(2);
          two.raiseLeaderEpoch(new TopicPartition("t", 0)).join();
          Awaitility.await().until(() -> one.current().version() >= two.current().version());
          assertThat(changes()).as("an epoch is no leader").isEqualTo(2);
        }
      }
      Awaitility.await().until(() -> gauge("brokers") == 1);
      assertThat(gauge("leaderless")).isEqualTo(4);
    }
  }
}
