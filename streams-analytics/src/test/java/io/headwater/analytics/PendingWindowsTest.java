package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class PendingWindowsTest {
  private static final Duration AFTER = Duration.ofSeconds(60);
  private static final long NOW = 1_000_000;

  /** Of {@link System#nanoTime}, which may be anything. */
  private static final long NANOS = Long.MAX_VALUE - 1_000;

  private final PendingWindows pending =
      new PendingWindows(new Window.Tumbling(Duration.ofSeconds(10), Duration.ZERO), AFTER);
  private final Map<String, Long> settled = new HashMap<>();

  private void add(long offset, long noticedMs, byte[] value) {
    pending.add(
        new ConsumerRecord<>(
            "t",
            3,
            offset,
            noticedMs,
            TimestampType.CREATE_TIME,
            1,
            value.length,
            new byte[] {1},
            value,
            new RecordHeaders(),
            Optional.of(7)),
        NOW,
        NANOS);
  }

  private void add(long offset, long noticedMs, String gateway) {
    add(offset, noticedMs, new Overdue(5, 100_000, gateway).encode());
  }

  private boolean isDueAfter(long seconds) {
    return pending.isDue(
        NANOS + TimeUnit.SECONDS.toNanos(seconds),
        (gateway, sinceMs) -> settled.getOrDefault(gateway, 0L) > sinceMs);
  }

  @Test
  void waitsFromWhenTheFirstOneWasNoticed() {
    add(1, NOW - 20_000, "");
    add(2, NOW - 10_000, "");

    assertThat(isDueAfter(39)).isFalse();
    assertThat(isDueAfter(40)).isTrue();
  }

  /** The clock of who noticed it may be wrong, or have been set since. */
  @Test
  void neverWaitsLongerThanItIsToWait() {
    add(1, NOW + 3_600_000, "");

    assertThat(isDueAfter(59)).isFalse();
    assertThat(isDueAfter(60)).isTrue();
  }

  @Test
  void whatWasNoticedLongAgoIsDue() {
    add(1, NOW - 3_600_000, "");

    assertThat(isDueAfter(0)).isTrue();
  }

  @Test
  void waitsForNobodyWhoHasDeliveredAll() {
    add(1, NOW, "a");
    add(2, NOW, "b");
    settled.put("a", NOW + 1);
    assertThat(isDueAfter(1)).isFalse();

    settled.put("b", NOW);
    assertThat(isDueAfter(1)).as("not after the reading").isFalse();
    settled.put("b", NOW + 1);
    assertThat(isDueAfter(1)).isTrue();
  }

  @Test
  void manyAreNotWaitedWith() {
    for (int i = 1; i < PendingWindows.MOST; i++) {
      add(i, NOW, "");
    }
    assertThat(isDueAfter(0)).isFalse();

    add(PendingWindows.MOST, NOW, "");

    assertThat(isDueAfter(0)).isTrue();
  }

  @Test
  void garbageIsPassedOver() {
    for (String garbage :
        new String[] {"", "null", "{", "[]", "{\"time\":\"x\"}", "\u0000\u0001"}) {
      add(41, NOW, TopologyRun.utf8(garbage));
    }

    assertThat(pending.windows().isEmpty()).isTrue();
    assertThat(isDueAfter(3_600)).isFalse();
    assertThat(pending.next())
        .containsExactly(
            Map.entry(new TopicPartition("t", 3), new OffsetAndMetadata(42, Optional.of(7), "")));
  }

  @Test
  void whatIsDoneIsForgotten() {
    add(1, NOW, "a");
    pending.clear();

    assertThat(pending.windows().isEmpty()).isTrue();
    assertThat(pending.next()).isEmpty();
    assertThat(isDueAfter(3_600)).isFalse();
    add(2, NOW, "b");
    settled.put("b", NOW + 1);
    assertThat(isDueAfter(1)).as("a is not waited for any more").isTrue();
  }
}
