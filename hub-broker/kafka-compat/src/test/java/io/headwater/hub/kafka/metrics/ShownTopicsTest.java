package io.headwater.hub.kafka.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.metadata.MemoryStore;
import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.StoredCatalog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ShownTopicsTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final StoredCatalog catalog = MemoryStore.catalog();

  @AfterEach
  void close() {
    catalog.close();
  }

  private void create(String... topics) {
    for (String topic : topics) {
      catalog.create(new NewTopic(topic, 1, 1, Map.of()), false).join();
    }
  }

  private double leftOut() {
    return registry.get("hub.metrics.left.out").tag("of", "topics").gauge().value();
  }

  @Test
  void whoHasAPlaceKeepsItUntilItIsDeleted() {
    var shown = new ShownTopics(2, registry);
    catalog.subscribe(shown::apply);
    create("m", "z", "a");
    assertThat(shown.all()).containsExactly("m", "z");
    assertThat(leftOut()).isEqualTo(1);

    catalog.delete("m").join();

    assertThat(shown.all()).containsExactly("z", "a");
    assertThat(shown.contains("a")).isTrue();
    assertThat(leftOut()).isZero();
  }

  @Test
  void theCoordinatorsTopicsMakeRoomForOthers() {
    var shown = new ShownTopics(2, registry);
    catalog.subscribe(shown::apply);
    create("__consumer_offsets", "__transaction_state");
    assertThat(shown.all()).hasSize(2);

    create("t");

    assertThat(shown.all()).containsExactly("t", "__consumer_offsets");
    assertThat(leftOut()).isEqualTo(1);
  }

  @Test
  void boundsThatMakeNoSenseAreNamed() {
    assertThatThrownBy(() -> new MetricsSettings(-1, 1, 1, 1, Duration.ofSeconds(1)))
        .hasMessage("topics -1 < min 0");
    assertThatThrownBy(() -> new MetricsSettings(1, 1, 1, 1, Duration.ofMillis(99)))
        .hasMessage("interval 99ms < min 100ms");
  }
}
