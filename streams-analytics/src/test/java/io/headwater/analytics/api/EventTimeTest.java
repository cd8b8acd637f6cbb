package io.headwater.analytics.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class EventTimeTest {
  private static final long STAMPED = 1_700_000_000_000L;
  private static final long PARTITION_TIME = 1_600_000_000_000L;

  @ParameterizedTest
  @ValueSource(strings = {"synced", "corrected", "bridge", ""})
  void isTheTimeOfCaptureOfATrustedClock(String clock) {
    assertThat(extract(STAMPED, "1699999990000", clock)).isEqualTo(1_699_999_990_000L);
  }

  @Test
  void isTheTimeOfCaptureEvenWhenTheBridgeStampedAnOldReadingWithItsArrival() {
    assertThat(extract(STAMPED, "1600000000000", "synced")).isEqualTo(1_600_000_000_000L);
  }

  @Test
  void isTheRecordsTimeWhenTheClockWasNotSynced() {
    assertThat(extract(STAMPED, "86400000", "unsynced")).isEqualTo(STAMPED);
  }

  @Test
  void isTheRecordsTimeWhenTheReadingSaysItIsFromTheFuture() {
    String ahead = Long.toString(STAMPED + EventTime.MAX_AHEAD_MS + 1);
    String justNotAhead = Long.toString(STAMPED + EventTime.MAX_AHEAD_MS);

    assertThat(extract(STAMPED, ahead, "synced")).isEqualTo(STAMPED);
    assertThat(extract(STAMPED, justNotAhead, "synced"))
        .isEqualTo(STAMPED + EventTime.MAX_AHEAD_MS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "soon", "-1", "1e12", "1699999990000 ", "1234567890123456"})
  void isTheRecordsTimeWhenTheHeaderIsNotANumber(String captured) {
    assertThat(extract(STAMPED, captured, "synced")).isEqualTo(STAMPED);
  }

  @Test
  void isTheRecordsTimeWithoutAGateway() {
    assertThat(extract(STAMPED, null, null)).isEqualTo(STAMPED);
  }

  @Test
  void isTheNewestTimeOfThePartitionWhenTheRecordHasNone() {
    assertThat(extract(-1, null, null)).isEqualTo(PARTITION_TIME);
  }

  private static long extract(long stamped, @Nullable String captured, @Nullable String clock) {
    Headers headers = new RecordHeaders();
    if (captured != null) {
      headers.add("captured", captured.getBytes(StandardCharsets.US_ASCII));
    }
    if (clock != null) {
      headers.add("clock", clock.getBytes(StandardCharsets.US_ASCII));
    }
    var reading =
        new ConsumerRecord<Object, Object>(
            "t",
            0,
            0L,
            stamped,
            TimestampType.CREATE_TIME,
            0,
            0,
            "key",
            "value",
            headers,
            Optional.empty());
    return new EventTime().extract(reading, PARTITION_TIME);
  }
}
