package io.headwater.analytics;

import io.headwater.analytics.aggregate.Reading;
import io.headwater.analytics.aggregate.WindowState;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** What becomes of a record. */
sealed interface Outcome {
  /** A reading for the windows of this key. */
  record Taken(Bytes key, Reading reading) implements Outcome {}

  /** A window of another query for the windows of this key. */
  record Merged(Bytes key, long startMs, WindowState window) implements Outcome {}

  /** A reading that is answered by itself. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Answered(Bytes key, String topic, byte[] value) implements Outcome {}

  /** A record that is no reading. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Dead(byte @Nullable [] payload, String reason, String cause) implements Outcome {}
}
