package io.headwater.bridge.handover;

import io.headwater.process.ByteSize;
import java.time.Duration;

/**
 * How the hand-over works.
 *
 * @param hub bootstrap servers, any Kafka-protocol hub
 * @param memory of batches that wait or are under way, all gateways together
 * @param groupSize bytes of batches, unpacked, at which a transaction takes no more
 * @param partitions of topics that it makes; -1 for the hub's default
 * @param createTopics whether it makes missing topics
 * @param sessionTimeout after which a bridge that is silent loses its lanes
 * @param groupProtocol of the hub's groups, by which lanes are shared out
 * @param forgetAfter of silence a gateway's cursors are deleted
 * @param forgetEpochAfter of silence the cursors of a life are deleted that its gateway has ended
 */
public record HandoverSettings(
    String hub,
    ByteSize memory,
    ByteSize groupSize,
    int partitions,
    boolean createTopics,
    Duration sessionTimeout,
    GroupProtocol groupProtocol,
    Duration forgetAfter,
    Duration forgetEpochAfter) {
  /** Of the hub's groups. */
  public enum GroupProtocol {
    CLASSIC,
    /** KIP-848; the time-out is the hub's. */
    CONSUMER
  }

  public static final HandoverSettings DEFAULTS =
      new HandoverSettings(
          "localhost:9092",
          ByteSize.ofMebibytes(64),
          ByteSize.ofMebibytes(4),
          -1,
          true,
          Duration.ofSeconds(10),
          GroupProtocol.CLASSIC,
          Duration.ofDays(90),
          Duration.ofDays(7));

  public HandoverSettings {
    if (memory.bytes() < 1 << 20) {
      throw new IllegalArgumentException("uplink.memory " + memory + " < min 1MiB");
    }
    if (forgetEpochAfter.compareTo(forgetAfter) > 0) {
      throw new IllegalArgumentException(
          "uplink.forget-epoch-after "
              + forgetEpochAfter
              + " > uplink.forget-after "
              + forgetAfter);
    }
  }
}
