package io.headwater.analytics;

import io.headwater.analytics.aggregate.Layout;
import io.headwater.analytics.aggregate.WindowState;
import io.headwater.analytics.decode.Undecodable;
import io.headwater.analytics.decode.Undecodable.Reason;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/** Takes the window that a result of another query carries. */
final class MergedUse implements ReadingTaker.Use {
  private final Layout layout;
  private final Layout theirs;

  MergedUse(Windows windows, Windows.Merged merged) {
    this.layout = windows.layout();
    this.theirs = merged.layout();
  }

  /** What the header {@link ResultRecords#STATE} holds: start (8 bytes), then the stored form. */
  static byte[] header(long startMs, WindowState window) {
    byte[] state = window.encode();
    return ByteBuffer.allocate(Long.BYTES + state.length).putLong(startMs).put(state).array();
  }

  @Override
  public Outcome of(ReadingScope reading, byte @Nullable [] payload) throws Undecodable {
    byte[] header = reading.header(ResultRecords.STATE);
    if (header == null || header.length < Long.BYTES) {
      throw new Undecodable(
          Reason.NO_FIELD, "the result carries no window: it was written before a query merged it");
    }
    try {
      WindowState window =
          WindowState.decode(Arrays.copyOfRange(header, Long.BYTES, header.length));
      return new Outcome.Merged(
          reading.key(), ByteBuffer.wrap(header).getLong(), layout.project(window, theirs));
    } catch (SerializationException e) {
      throw new Undecodable(Reason.NO_FIELD, String.valueOf(e.getMessage()));
    }
  }
}
