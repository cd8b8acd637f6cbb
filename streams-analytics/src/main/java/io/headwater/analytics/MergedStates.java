package io.headwater.analytics;

import io.headwater.analytics.aggregate.Layout;
import io.headwater.analytics.aggregate.WindowState;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.jspecify.annotations.Nullable;

/**
 * A window that is made of another query's windows: the newest state of each, by its start. They
 * are kept apart, so that one that is amended takes the place of what it was before.
 *
 * <p>Stored: version 1 (one byte); per window its start (8 bytes), length (4 bytes) and state.
 */
record MergedStates(SortedMap<Long, WindowState> byStartMs) {
  static final MergedStates EMPTY = new MergedStates(new TreeMap<>());

  private static final byte VERSION = 1;

  MergedStates with(long startMs, WindowState window) {
    var more = new TreeMap<>(byStartMs);
    more.put(startMs, window);
    return new MergedStates(more);
  }

  MergedStates merge(MergedStates later) {
    var both = new TreeMap<>(byStartMs);
    both.putAll(later.byStartMs);
    return new MergedStates(both);
  }

  WindowState merged(Layout layout) {
    WindowState all = layout.empty();
    for (WindowState window : byStartMs.values()) {
      all = all.merge(window);
    }
    return all;
  }

  static Serde<MergedStates> serde() {
    return Serdes.serdeFrom((_, value) -> encode(value), (_, bytes) -> decode(bytes));
  }

  @SuppressWarnings("NullAway") // Streams hands on null for "no value" and expects it back
  private static byte @Nullable [] encode(@Nullable MergedStates value) {
    if (value == null) {
      return null;
    }
    List<byte[]> states = new ArrayList<>();
    int bytes = 1;
    for (WindowState window : value.byStartMs.values()) {
      byte[] state = window.encode();
      states.add(state);
      bytes += Long.BYTES + Integer.BYTES + state.length;
    }
    ByteBuffer out = ByteBuffer.allocate(bytes).put(VERSION);
    int i = 0;
    for (Map.Entry<Long, WindowState> window : value.byStartMs.entrySet()) {
      byte[] state = states.get(i++);
      out.putLong(window.getKey()).putInt(state.length).put(state);
    }
    return out.array();
  }

  @SuppressWarnings("NullAway") // as above
  private static @Nullable MergedStates decode(byte @Nullable [] bytes) {
    if (bytes == null) {
      return null;
    }
    if (bytes.length == 0 || bytes[0] != VERSION) {
      throw new SerializationException(
          "stored windows of " + bytes.length + " bytes are not of version " + VERSION);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
    var windows = new TreeMap<Long, WindowState>();
    try {
      while (in.hasRemaining()) {
        long startMs = in.getLong();
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
          throw new SerializationException("stored window claims " + length + " bytes");
        }
        byte[] state = new byte[length];
        in.get(state);
        windows.put(startMs, WindowState.decode(state));
      }
    } catch (BufferUnderflowException e) {
      throw new SerializationException("stored windows end within one", e);
    }
    return new MergedStates(windows);
  }
}
