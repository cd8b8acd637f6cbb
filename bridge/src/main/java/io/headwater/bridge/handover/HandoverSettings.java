package io.headwater.bridge.handover;

import io.headwater.process.ByteSize;
import java.time.Duration;

/**
 * How the hand-over works.
 *
 * @param hub bootstrap servers, any Kafka-protocol hub
 * @param memory of batches that wait or are under way, all gateways together
 * @param groupSize most bytes of batches in one transaction
 * @param partitions of topics that it makes; -1 for the hub's default
 * @param createTopics whether it makes missing topics
 * @param sessionTimeout after which a bridge that is silent loses its lanes
 */
public record HandoverSettings(
    String hub,
    ByteSize memory,
    ByteSize groupSize,
    int partitions,
    boolean createTopics,
    Duration sessionTimeout) {
  public static final HandoverSettings DEFAULTS =
      new HandoverSettings(
          "localhost:9092",
          ByteSize.ofMebibytes(64),
          ByteSize.ofMebibytes(4),
          -1,
          true,
          Duration.ofSeconds(10));

  public HandoverSettings {
    if (memory.bytes() < 1 << 20) {
      throw new IllegalArgumentException("uplink.memory " + memory + " < min 1MiB");
    }
  }
}
