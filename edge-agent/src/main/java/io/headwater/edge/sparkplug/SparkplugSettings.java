package io.headwater.edge.sparkplug;

import java.time.Duration;
import java.util.Optional;

/**
 * Sparkplug B.
 *
 * @param decode whether what edge nodes publish is turned into readings, beside being kept as it is
 * @param reorderTimeout how long a message may come after those that follow it
 * @param rebirthInterval from one request for a birth to the next; doubles up to 5 minutes
 * @param maxNodes edge nodes that are remembered
 * @param maxMetrics in one birth
 * @param node the agent as an edge node of another broker
 */
public record SparkplugSettings(
    boolean decode,
    Duration reorderTimeout,
    Duration rebirthInterval,
    int maxNodes,
    int maxMetrics,
    Optional<EdgeNodeSettings> node) {
  private static final Duration LONGEST = Duration.ofMinutes(5);

  public static final SparkplugSettings DEFAULTS =
      new SparkplugSettings(
          true, Duration.ofSeconds(2), Duration.ofSeconds(10), 1_000, 10_000, Optional.empty());

  public SparkplugSettings {
    require("reorder-timeout", reorderTimeout, Duration.ofMillis(10));
    require("rebirth-interval", rebirthInterval, Duration.ofSeconds(1));
    require("max-nodes", maxNodes);
    require("max-metrics", maxMetrics);
  }

  private static void require(String key, Duration value, Duration min) {
    if (value.compareTo(min) < 0 || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "sparkplug."
              + key
              + " "
              + value.toMillis()
              + "ms is not between "
              + min.toMillis()
              + "ms and 5m");
    }
  }

  private static void require(String key, int value) {
    if (value < 1 || value > 1_000_000) {
      throw new IllegalArgumentException(
          "sparkplug." + key + " " + value + " is not between 1 and 1000000");
    }
  }
}
