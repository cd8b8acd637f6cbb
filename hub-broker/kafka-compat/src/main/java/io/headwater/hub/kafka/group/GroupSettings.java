package io.headwater.hub.kafka.group;

import java.time.Duration;

/**
 * How groups are kept.
 *
 * @param offsetsTopicPartitions of {@code __consumer_offsets}; fixed once the topic exists
 * @param initialRebalanceDelay how long a new classic group waits for more members. Kafka waits 3 s
 *     for large deployments; here most groups have few members, and a start should be quick
 */
public record GroupSettings(int offsetsTopicPartitions, Duration initialRebalanceDelay) {
  public static final GroupSettings DEFAULTS = new GroupSettings(50, Duration.ofMillis(500));
}
