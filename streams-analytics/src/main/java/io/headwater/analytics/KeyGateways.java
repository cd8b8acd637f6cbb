package io.headwater.analytics;

import io.headwater.analytics.aggregate.Gateways;
import io.headwater.analytics.aggregate.Reading;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Puts into each reading all gateways that its key has had readings of: where a query's own key has
 * several, a window is incomplete also if one of them is missing in it altogether.
 *
 * <p>The store has the set of each key (8 bytes, see {@link Gateways}); those of the keys that came
 * last are at hand. Confined to the Streams thread of its task.
 */
final class KeyGateways implements FixedKeyProcessor<Bytes, Reading, Reading> {
  private static final int MOST_AT_HAND = 10_000;

  private final Map<Bytes, Long> atHand =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Bytes, Long> eldest) {
          return size() > MOST_AT_HAND;
        }
      };
  private @Nullable FixedKeyProcessorContext<Bytes, Reading> context;
  private @Nullable KeyValueStore<Bytes, byte[]> store;

  @Override
  public void init(FixedKeyProcessorContext<Bytes, Reading> taskContext) {
    context = taskContext;
    atHand.clear(); // the same object is begun with anew when a transaction has failed
    store = taskContext.getStateStore(QueryTopology.GATEWAYS);
  }

  @Override
  @SuppressWarnings("NullAway") // Streams calls init first
  public void process(FixedKeyRecord<Bytes, Reading> record) {
    long own = record.value().gateways();
    long before = known(record.key());
    long all = Gateways.union(before, own);
    if (all != before) {
      store.put(record.key(), ByteBuffer.allocate(Long.BYTES).putLong(all).array());
      atHand.put(record.key(), all);
    }
    context.forward(all == own ? record : record.withValue(record.value().withGateways(all)));
  }

  @SuppressWarnings("NullAway") // as above
  private long known(Bytes key) {
    Long known = atHand.get(key);
    if (known == null) {
      byte[] stored = store.get(key);
      known = stored == null ? Gateways.NONE : ByteBuffer.wrap(stored).getLong();
      atHand.put(key, known);
    }
    return known;
  }
}
