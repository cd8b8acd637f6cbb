package io.headwater.bridge.downlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.uplink.DownState;
import io.headwater.uplink.Values;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class ValueBookTest {
  private static final DownMapping ALL = new DownMapping("t", "*", "set/{key}");
  private static final DownMapping OWN = new DownMapping("u", "g", "set/{key}");
  private static final DownMapping UNKEYED = new DownMapping("v", "g", "mode");

  private final ValueBook book = new ValueBook(new DownlinkMetrics(new SimpleMeterRegistry()));

  private Optional<ValueBook.Change> take(
      DownMapping mapping, @Nullable String key, @Nullable String value, long timestamp) {
    return book.take(
        mapping,
        new ConsumerRecord<>(
            mapping.topic(),
            0,
            0,
            timestamp,
            TimestampType.CREATE_TIME,
            0,
            0,
            key == null ? null : bytes(key),
            value == null ? null : bytes(value),
            new RecordHeaders(),
            Optional.empty()));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Values.Value value(String topic, String value) {
    return new Values.Value(topic, bytes(value));
  }

  /** The digest that a gateway with exactly these values has. */
  private static DownState state(String gateway, Values.Value... values) {
    long digest = 0;
    for (Values.Value each : values) {
      digest += DownState.digest(each.topic(), Objects.requireNonNull(each.value()));
    }
    return new DownState(gateway, values.length, digest);
  }

  @Test
  void aGatewaysOwnValueGoesBeforeThatOfAll() {
    take(ALL, "a", "1", 0);
    take(ALL, "b", "2", 0);
    take(OWN, "a", "mine", 0);
    take(ALL, "a", "3", 0);

    assertThat(book.state("g")).isEqualTo(state("g", value("set/a", "mine"), value("set/b", "2")));
    assertThat(book.state("h")).isEqualTo(state("h", value("set/a", "3"), value("set/b", "2")));
    assertThat(book.all("g", 3))
        .containsExactly(
            new Values("g", 3, 0, 1, List.of(value("set/a", "mine"), value("set/b", "2"))));
    List<ValueBook.Change> changes = List.of(take(ALL, "a", "4", 0).orElseThrow());
    assertThat(book.changes("g", changes)).isEmpty();
    assertThat(book.changes("h", changes))
        .containsExactly(new Values("h", 0, 0, 1, List.of(value("set/a", "4"))));
  }

  @Test
  void whatIsDeletedIsGone() {
    take(ALL, "a", "1", 0);
    ValueBook.Change gone = take(ALL, "a", null, 0).orElseThrow();

    assertThat(gone.value()).isEqualTo(new Values.Value("set/a", null));
    assertThat(book.state("g")).isEqualTo(new DownState("g", 0, 0));
    assertThat(book.all("g", 1)).containsExactly(new Values("g", 1, 0, 1, List.of()));
  }

  @Test
  void withoutAKeyTheNewestByItsTimeCounts() {
    take(UNKEYED, null, "new", 20);
    assertThat(take(UNKEYED, null, "old", 10)).isEmpty();

    assertThat(book.state("g")).isEqualTo(state("g", value("mode", "new")));
  }

  @Test
  void keysThatCannotBePartOfATopicAndLargeValuesAreLeftOut() {
    assertThat(take(ALL, "a/#", "1", 0)).isEmpty();
    assertThat(take(ALL, null, "1", 0)).isEmpty();
    assertThat(take(ALL, "a", "x".repeat(DownState.LARGEST_VALUE + 1), 0)).isEmpty();
    assertThat(book.state("g")).isEqualTo(new DownState("g", 0, 0));
  }

  @Test
  void manyValuesGoInParts() {
    String large = "x".repeat(60_000);
    for (int i = 0; i < 10; i++) {
      take(ALL, "k" + i, large, 0);
    }

    List<Values> parts = book.all("g", 5);

    assertThat(parts).hasSize(3);
    assertThat(parts).allMatch(part -> part.parts() == 3 && part.sync() == 5);
    assertThat(parts.stream().mapToInt(part -> part.values().size()).sum()).isEqualTo(10);
  }

  @Test
  void mappingsThatCannotBeAreRefused() {
    assertThatThrownBy(() -> new DownMapping("t", "a/b", "x")).hasMessageContaining("'a/b'");
    assertThatThrownBy(() -> new DownMapping("t", "*", "x/#")).hasMessageContaining("'x/#'");
    assertThatThrownBy(() -> new DownMapping("headwater-commands", "*", "x"))
        .hasMessageContaining("not one of values");
  }
}
