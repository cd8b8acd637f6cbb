package io.headwater.hub.kafka.group;

import io.headwater.hub.kafka.log.PartitionLog;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;

/**
 * The partitions of {@code __consumer_offsets} that this broker leads.
 *
 * <p>The coordinator writes under a tenure only once it has read the log under it: what it still
 * had to write under the one before must not get into the log behind what is read. Thread-safe.
 */
final class Tenures {
  /**
   * @param log as it was opened for this tenure: when another has begun it takes nothing more
   */
  record Tenure(int leaderEpoch, PartitionLog log) {}

  private final Map<TopicPartition, Tenure> elected = new ConcurrentHashMap<>();
  private final Map<TopicPartition, Tenure> read = new ConcurrentHashMap<>();

  void begin(TopicPartition partition, Tenure tenure) {
    elected.put(partition, tenure);
  }

  void end(TopicPartition partition) {
    elected.remove(partition);
    read.remove(partition);
  }

  int count() {
    return elected.size();
  }

  /**
   * The tenure under which a partition is read now, and written from now on.
   *
   * @throws NotLeaderOrFollowerException there is none any more
   */
  Tenure reading(TopicPartition partition) {
    Tenure tenure = present(partition, elected);
    read.put(partition, tenure);
    return tenure;
  }

  /** Whether a partition is read or written under this tenure, not under another or none. */
  boolean isReading(TopicPartition partition, Tenure tenure) {
    return tenure.equals(read.get(partition));
  }

  /**
   * The tenure under which a partition was read.
   *
   * @throws NotLeaderOrFollowerException it is over
   */
  Tenure writing(TopicPartition partition) {
    return present(partition, read);
  }

  private static Tenure present(TopicPartition partition, Map<TopicPartition, Tenure> tenures) {
    Tenure tenure = tenures.get(partition);
    if (tenure == null) {
      throw new NotLeaderOrFollowerException(partition + " is not led by this broker any more");
    }
    return tenure;
  }
}
