package io.headwater.analytics;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.function.Consumer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.SessionWindow;
import org.apache.kafka.streams.kstream.internals.TimeWindow;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The windows of a partition that have not been told yet, in the order in which they close, and how
 * far closing has come.
 *
 * <p>Keys: when it closes, its start and its end (8 bytes each, big endian), the readings' key.
 * Values: the window's state. One more key, after all others, holds how far closing has come. No
 * time is negative: Streams drops such records.
 */
final class ClosingStore {
  private static final int KEY_HEAD_BYTES = 3 * Long.BYTES;

  private static final Bytes REACHED = Bytes.wrap(new byte[] {(byte) 0xff});
  private static final Bytes FIRST = Bytes.wrap(new byte[Long.BYTES]);
  private static final Bytes LAST = Bytes.wrap(new byte[] {(byte) 0x80});

  /** A window that waits. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Waiting(long closesAtMs, long startMs, long endMs, Bytes key, byte[] state) {
    Windowed<Bytes> window(Window kind) {
      return switch (kind) {
        case Window.Session _ -> new Windowed<>(key, new SessionWindow(startMs, endMs));
        case Window.Tumbling _, Window.Hopping _, Window.Sliding _ ->
            new Windowed<>(key, new TimeWindow(startMs, endMs));
      };
    }
  }

  private final KeyValueStore<Bytes, byte[]> store;

  ClosingStore(KeyValueStore<Bytes, byte[]> store) {
    this.store = store;
  }

  /** All windows that close at this time or before are closed. */
  long reachedMs() {
    byte[] reached = store.get(REACHED);
    return reached == null ? Long.MIN_VALUE : ByteBuffer.wrap(reached).getLong();
  }

  void reach(long timeMs) {
    store.put(REACHED, ByteBuffer.allocate(Long.BYTES).putLong(timeMs).array());
  }

  void put(long closesAtMs, Windowed<Bytes> window, byte[] state) {
    store.put(key(closesAtMs, window), state);
  }

  void remove(long closesAtMs, Windowed<Bytes> window) {
    store.delete(key(closesAtMs, window));
  }

  /**
   * Takes out what closes at this time or before, the first to close first.
   *
   * @return when the next one closes; {@link Long#MAX_VALUE} if none waits
   */
  long take(long timeMs, Consumer<Waiting> consumer) {
    var due = new ArrayList<Waiting>();
    long nextMs = Long.MAX_VALUE;
    try (KeyValueIterator<Bytes, byte[]> windows = store.range(FIRST, LAST)) {
      while (nextMs == Long.MAX_VALUE && windows.hasNext()) {
        KeyValue<Bytes, byte[]> stored = windows.next();
        Waiting waiting = waiting(stored.key, stored.value);
        if (waiting.closesAtMs() <= timeMs) {
          store.delete(stored.key);
          due.add(waiting);
        } else {
          nextMs = waiting.closesAtMs();
        }
      }
    }
    due.forEach(consumer);
    return nextMs;
  }

  private static Bytes key(long closesAtMs, Windowed<Bytes> window) {
    byte[] key = window.key().get();
    return Bytes.wrap(
        ByteBuffer.allocate(KEY_HEAD_BYTES + key.length)
            .putLong(closesAtMs)
            .putLong(window.window().start())
            .putLong(window.window().end())
            .put(key)
            .array());
  }

  private static Waiting waiting(Bytes stored, byte[] state) {
    ByteBuffer head = ByteBuffer.wrap(stored.get());
    long closesAtMs = head.getLong();
    long startMs = head.getLong();
    long endMs = head.getLong();
    byte[] key = new byte[head.remaining()];
    head.get(key);
    return new Waiting(closesAtMs, startMs, endMs, Bytes.wrap(key), state);
  }
}
