package io.headwater.bridge.handover;

import java.util.HashMap;
import java.util.Map;

/** Which messages of a gateway stand behind one that was lost here. Thread-safe. */
final class Losses {
  /** Above it all are forgotten, as if each gateway had lost something. */
  private static final int MOST_GATEWAYS = 10_000;

  private final Map<String, Long> last = new HashMap<>();
  private long count;
  private long forgotten;

  /** A message of a gateway is lost. */
  synchronized void of(String gateway) {
    count++;
    if (last.size() >= MOST_GATEWAYS && !last.containsKey(gateway)) {
      last.clear();
      forgotten = count;
    }
    last.put(gateway, count);
  }

  /** A number that is the same until the next loss. */
  synchronized long last(String gateway) {
    return last.getOrDefault(gateway, forgotten);
  }
}
