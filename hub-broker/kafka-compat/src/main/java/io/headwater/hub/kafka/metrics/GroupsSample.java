package io.headwater.hub.kafka.metrics;

import java.util.List;
import java.util.Map;

/**
 * The groups at one moment.
 *
 * @param takenNanos by {@code System.nanoTime()}
 * @param groups by name, no more than were asked for
 * @param counts of all groups, by kind
 */
record GroupsSample(long takenNanos, List<Group> groups, Map<Kind, Integer> counts) {
  GroupsSample {
    groups = List.copyOf(groups);
    counts = Map.copyOf(counts);
  }

  /**
   * @param type classic, consumer or streams
   * @param state as Kafka's tools show it
   */
  record Kind(String type, String state) {}

  /**
   * @param offsets by topic and partition
   */
  record Group(String id, Kind kind, int members, List<Committed> offsets) {
    Group {
      offsets = List.copyOf(offsets);
    }
  }

  /**
   * @param offset committed
   * @param end of what can be read: the high watermark, read after the offset
   */
  record Committed(String topic, int partition, long offset, long end) {
    long lag() {
      return Math.max(0, end - offset);
    }
  }

  int all() {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }
}
