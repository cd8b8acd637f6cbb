package io.headwater.analytics.api;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * The time at which a reading was taken, as far as it can be trusted.
 *
 * <p>It is the header {@code captured} (milliseconds since 1970, decimal digits), unless the header
 * {@code clock} is {@code unsynced} or {@code captured} lies more than {@link #MAX_AHEAD_MS} after
 * the record's own timestamp. A reading from the future would move the stream's time forward and
 * make all others late; the bridge stamps such a record with its arrival. Otherwise, and for
 * records that did not come through a gateway, it is the record's timestamp.
 */
public final class EventTime implements TimestampExtractor {
  /** Milliseconds. */
  public static final long MAX_AHEAD_MS = 5 * 60 * 1000L;

  private static final byte[] UNSYNCED = "unsynced".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_DIGITS = 15;

  @Override
  public long extract(ConsumerRecord<Object, Object> reading, long partitionTime) {
    return of(reading.headers(), reading.timestamp() >= 0 ? reading.timestamp() : partitionTime);
  }

  /**
   * The time of a record.
   *
   * @param recordTime its timestamp; milliseconds since 1970
   */
  public static long of(Headers headers, long recordTime) {
    long captured = captured(headers);
    if (captured < 0 || isUnsynced(headers)) {
      return recordTime;
    }
    return recordTime >= 0 && captured - recordTime > MAX_AHEAD_MS ? recordTime : captured;
  }

  private static boolean isUnsynced(Headers headers) {
    Header clock = headers.lastHeader("clock");
    return clock != null && Arrays.equals(clock.value(), UNSYNCED);
  }

  /** The header's milliseconds; -1 if it is absent or not a number. */
  private static long captured(Headers headers) {
    Header captured = headers.lastHeader("captured");
    if (captured == null || captured.value() == null) {
      return -1;
    }
    byte[] digits = captured.value();
    if (digits.length == 0 || digits.length > MAX_DIGITS) {
      return -1;
    }
    long millis = 0;
    for (byte digit : digits) {
      if (digit < '0' || digit > '9') {
        return -1;
      }
      millis = millis * 10 + (digit - '0');
    }
    return millis;
  }
}
