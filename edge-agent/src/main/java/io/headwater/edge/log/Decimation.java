package io.headwater.edge.log;

import io.headwater.uplink.StreamPartition;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Keeps one of some readings of each key: the first, and after it each n-th. Of more than {@value
 * #MOST_KEYS} keys those that have been quiet longest begin anew. Confined to one thread.
 */
final class Decimation {
  static final int MOST_KEYS = 10_000;

  private record Key(StreamPartition partition, String key) {}

  private final Map<Key, Integer> seen =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Integer> eldest) {
          return size() > MOST_KEYS;
        }
      };

  /** Whether this one is kept. */
  boolean keeps(Append append) {
    byte[] key = append.key();
    var of =
        new Key(
            append.partition(), key == null ? "" : new String(key, StandardCharsets.ISO_8859_1));
    int before = seen.getOrDefault(of, 0);
    seen.put(of, (before + 1) % append.whenFull().oneOf());
    return before == 0;
  }

  /** There is room for all again. */
  void clear() {
    seen.clear();
  }
}
