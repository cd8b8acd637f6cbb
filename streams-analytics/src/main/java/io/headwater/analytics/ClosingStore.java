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
 * The windows of a partition that have not been told yet, in the order in which they close, those
 * that are to be told again, and how far closing has come.
 *
 * <p>Keys: when it closes, its start and its end (8 bytes each, big endian), the readings' key.
 * Values: the window's state. No time is negative: Streams drops such records.
 *
 * <p>Windows to be told again are below {@code 0x90}, in the same form with the time of the clock
 * at which they are due. Below {@code 0xa0}, by start, end and key, is for each window that ever
 * was one when it is due (0 if it is not) and how often it has been told again (8 and 4 bytes).
 * Below {@code 0xb0}, by key, is the latest of its overdue readings (8 bytes), of sessions only.
 * The key {@code 0xff} holds how far closing has come.
 */
final class ClosingStore {
  private static final int KEY_HEAD_BYTES = 3 * Long.BYTES;

  private static final Bytes REACHED = Bytes.wrap(new byte[] {(byte) 0xff});
  private static final Bytes FIRST = Bytes.wrap(new byte[Long.BYTES]);
  private static final Bytes LAST = Bytes.wrap(new byte[] {(byte) 0x80});
  private static final byte AGAIN = (byte) 0x90;
  private static final byte AMENDED = (byte) 0xa0;
  private static final byte OVERDUE = (byte) 0xb0;

  /**
   * What is known of a window that has come to be told again.
   *
   * @param dueMs by the clock; 0 if it is not to be told
   * @param revision how often it has been told again
   */
  private record Amended(long dueMs, int revision) {
    static final Amended NEVER = new Amended(0, 0);

    static Amended decode(byte[] bytes) {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      return new Amended(in.getLong(), in.getInt());
    }

    byte[] encode() {
      return ByteBuffer.allocate(Long.BYTES + Integer.BYTES)
          .putLong(dueMs)
          .putInt(revision)
          .array();
    }
  }

  /** A window that is told again. */
  interface Again {
    void tell(Waiting window, int revision);
  }

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
        Waiting waiting = waiting(ByteBuffer.wrap(stored.key.get()), stored.value);
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

  /**
   * Notes that a window which has been told is to be told again.
   *
   * @param dueMs when, unless it is due earlier already
   */
  void putAgain(long dueMs, Windowed<Bytes> window, byte[] state) {
    Bytes place = amendedKey(window);
    Amended before = amended(place);
    Amended now = before.dueMs() > 0 ? before : new Amended(dueMs, before.revision());
    store.put(place, now.encode());
    store.put(againKey(now.dueMs(), window), state);
  }

  /** A window that has been told is no more. */
  void removeAgain(Windowed<Bytes> window) {
    Bytes place = amendedKey(window);
    Amended before = amended(place);
    if (before.dueMs() > 0) {
      store.delete(againKey(before.dueMs(), window));
    }
    if (!before.equals(Amended.NEVER)) {
      store.delete(place);
    }
  }

  /**
   * Takes out what is due at this time or before.
   *
   * @return when the next one is due; {@link Long#MAX_VALUE} if there is none
   */
  long takeAgain(long nowMs, Again consumer) {
    var due = new ArrayList<Waiting>();
    long nextMs = Long.MAX_VALUE;
    try (KeyValueIterator<Bytes, byte[]> windows = store.range(only(AGAIN), only(AMENDED))) {
      while (nextMs == Long.MAX_VALUE && windows.hasNext()) {
        KeyValue<Bytes, byte[]> stored = windows.next();
        if (stored.key.get()[0] != AGAIN) {
          break;
        }
        Waiting waiting = waiting(ByteBuffer.wrap(stored.key.get()).position(1), stored.value);
        if (waiting.closesAtMs() <= nowMs) {
          store.delete(stored.key);
          due.add(waiting);
        } else {
          nextMs = waiting.closesAtMs();
        }
      }
    }
    for (Waiting waiting : due) {
      Bytes place = amendedKey(waiting.startMs(), waiting.endMs(), waiting.key());
      int revision = amended(place).revision() + 1;
      store.put(place, new Amended(0, revision).encode());
      consumer.tell(waiting, revision);
    }
    return nextMs;
  }

  /** Notes that a reading has come whose sessions are kept no more, but for those it may join. */
  void noteOverdue(Bytes key, long timeMs) {
    Bytes place = overdueKey(key);
    byte[] before = store.get(place);
    if (before == null || ByteBuffer.wrap(before).getLong() < timeMs) {
      store.put(place, ByteBuffer.allocate(Long.BYTES).putLong(timeMs).array());
    }
  }

  /** Whether such a reading of a key has come with this time, or a later one. */
  boolean isOverdueFrom(Bytes key, long timeMs) {
    byte[] last = store.get(overdueKey(key));
    return last != null && ByteBuffer.wrap(last).getLong() >= timeMs;
  }

  private static Bytes overdueKey(Bytes key) {
    return Bytes.wrap(
        ByteBuffer.allocate(1 + key.get().length).put(OVERDUE).put(key.get()).array());
  }

  /** Forgets how often windows that began before have been told again. */
  void forgetBefore(long startMs) {
    if (startMs <= 0) {
      return;
    }
    var old = new ArrayList<Bytes>();
    Bytes end =
        Bytes.wrap(ByteBuffer.allocate(1 + Long.BYTES).put(AMENDED).putLong(startMs).array());
    try (KeyValueIterator<Bytes, byte[]> windows = store.range(only(AMENDED), end)) {
      while (windows.hasNext()) {
        KeyValue<Bytes, byte[]> stored = windows.next();
        if (Amended.decode(stored.value).dueMs() == 0) {
          old.add(stored.key);
        }
      }
    }
    old.forEach(store::delete);
  }

  private Amended amended(Bytes place) {
    byte[] stored = store.get(place);
    return stored == null ? Amended.NEVER : Amended.decode(stored);
  }

  private static Bytes only(byte first) {
    return Bytes.wrap(new byte[] {first});
  }

  private static Bytes againKey(long dueMs, Windowed<Bytes> window) {
    byte[] key = key(dueMs, window).get();
    return Bytes.wrap(ByteBuffer.allocate(1 + key.length).put(AGAIN).put(key).array());
  }

  private static Bytes amendedKey(Windowed<Bytes> window) {
    return amendedKey(window.window().start(), window.window().end(), window.key());
  }

  private static Bytes amendedKey(long startMs, long endMs, Bytes key) {
    return Bytes.wrap(
        ByteBuffer.allocate(1 + 2 * Long.BYTES + key.get().length)
            .put(AMENDED)
            .putLong(startMs)
            .putLong(endMs)
            .put(key.get())
            .array());
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

  private static Waiting waiting(ByteBuffer head, byte[] state) {
    long closesAtMs = head.getLong();
    long startMs = head.getLong();
    long endMs = head.getLong();
    byte[] key = new byte[head.remaining()];
    head.get(key);
    return new Waiting(closesAtMs, startMs, endMs, Bytes.wrap(key), state);
  }
}
