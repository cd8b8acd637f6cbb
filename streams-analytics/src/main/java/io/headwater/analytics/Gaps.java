package io.headwater.analytics;

import io.headwater.analytics.aggregate.Gateways;
import java.nio.ByteBuffer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * When readings of a query's topics are missing: per gateway the times in which its gaps lie, as
 * {@link GapTaker} keeps them.
 *
 * <p>In the store: the gateway as a set of one (8 bytes, see {@link Gateways}), its {@link
 * Stretches}. Thread-safe.
 */
final class Gaps {
  /** The bridge's topic of gaps. */
  static final String TOPIC = "headwater-gaps";

  /** For queries that do not look at gaps. */
  static final Gaps NONE = new Gaps(null);

  private final @Nullable ReadOnlyKeyValueStore<Bytes, byte[]> store;

  private Gaps(@Nullable ReadOnlyKeyValueStore<Bytes, byte[]> store) {
    this.store = store;
  }

  static Gaps in(ReadOnlyKeyValueStore<Bytes, byte[]> store) {
    return new Gaps(store);
  }

  static Bytes key(long gateway) {
    return Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(gateway).array());
  }

  /**
   * Whether one of the gateways has a gap in this time.
   *
   * @param lastMs inclusive, as {@code firstMs} is
   */
  boolean touch(long gateways, long firstMs, long lastMs) {
    if (store == null || gateways == Gateways.NONE) {
      return false;
    }
    long[] each = Gateways.each(gateways);
    for (long gateway : each) {
      byte[] stretches = store.get(key(gateway));
      if (stretches != null && Stretches.touch(stretches, firstMs, lastMs)) {
        return true;
      }
    }
    return each.length == 0 && touchesAny(store, gateways, firstMs, lastMs);
  }

  private static boolean touchesAny(
      ReadOnlyKeyValueStore<Bytes, byte[]> store, long gateways, long firstMs, long lastMs) {
    try (KeyValueIterator<Bytes, byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<Bytes, byte[]> gateway = all.next();
        if (Gateways.meet(gateways, ByteBuffer.wrap(gateway.key.get()).getLong())
            && Stretches.touch(gateway.value, firstMs, lastMs)) {
          return true;
        }
      }
    }
    return false;
  }
}
