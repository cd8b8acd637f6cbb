package io.headwater.hub.kafka.metrics;

import java.time.Duration;

/**
 * How many series there may be, so that a hub with thousands of partitions can be scraped.
 *
 * @param topics that have series of their own; what clients do with others is added up
 * @param partitions that have
 * @param groups that have
 * @param groupPartitions committed offsets, of all groups together, that have
 * @param interval between two looks at groups and transactions
 */
public record MetricsSettings(
    int topics, int partitions, int groups, int groupPartitions, Duration interval) {
  public static final MetricsSettings DEFAULTS =
      new MetricsSettings(500, 1_000, 500, 2_000, Duration.ofSeconds(10));

  private static final int SHORTEST_MS = 100;

  public MetricsSettings {
    requireNonNegative("topics", topics);
    requireNonNegative("partitions", partitions);
    requireNonNegative("groups", groups);
    requireNonNegative("group-partitions", groupPartitions);
    if (interval.toMillis() < SHORTEST_MS) {
      throw new IllegalArgumentException("interval " + interval.toMillis() + "ms < min 100ms");
    }
  }

  private static void requireNonNegative(String key, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(key + " " + value + " < min 0");
    }
  }
}
