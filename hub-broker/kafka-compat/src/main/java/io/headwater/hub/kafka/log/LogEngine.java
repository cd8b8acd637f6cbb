package io.headwater.hub.kafka.log;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.storage.internals.log.LogConfig;

/** All partition logs of this process. Thread-safe. */
public interface LogEngine extends AutoCloseable {

  /** The log of a partition if it exists here. Cheap: a map look-up. */
  Optional<PartitionLog> find(TopicPartition partition);

  /**
   * Opens the log of a partition, made empty if there is none. When this returns a new log is
   * durable itself. A log of the same name with another topic id is deleted first: it is what a
   * topic deletion left over. Different partitions may be opened at once, by any threads.
   *
   * @param leaderEpoch under which this broker leads the partition; where several brokers can open
   *     a log, one that has been opened under a newer epoch is refused
   * @param config applied to an existing log too
   * @throws org.apache.kafka.common.errors.KafkaStorageException this log cannot be opened
   */
  PartitionLog create(TopicPartition partition, Uuid topicId, int leaderEpoch, LogConfig config);

  /** Opens the log of a partition that this broker has led from its beginning. */
  default PartitionLog create(TopicPartition partition, Uuid topicId, LogConfig config) {
    return create(partition, topicId, 0, config);
  }

  /**
   * As {@link #create}, but does not wait where that takes long, and tries again where it fails:
   * {@link Listener#onOpened} tells when it is done.
   */
  default void open(TopicPartition partition, Uuid topicId, int leaderEpoch, LogConfig config) {
    create(partition, topicId, leaderEpoch, config);
  }

  /**
   * Has {@code listener} told of logs that are opened by {@link #open}. From then on a log that
   * fails is given up instead of being lost: its partition wants another leader, or a newer epoch.
   */
  default void listen(Listener listener) {}

  /** Hears of logs, by any thread; must return quickly. */
  interface Listener {
    void onOpened(TopicPartition partition);

    /**
     * The log has failed, or could not be opened for some time, or another broker has taken the
     * partition over.
     */
    void onGivenUp(TopicPartition partition, int leaderEpoch);

    /** Hears nothing, at the end of a process. */
    Listener DEAF =
        new Listener() {
          @Override
          public void onOpened(TopicPartition partition) {}

          @Override
          public void onGivenUp(TopicPartition partition, int leaderEpoch) {}
        };
  }

  /**
   * Lets a log go that another broker leads now: takes no more appends, makes durable what was
   * appended, and closes it here. Does nothing if it is not open.
   */
  void release(TopicPartition partition);

  /**
   * Whether another broker has the log of a partition that it leads since {@code leaderEpoch}, or
   * the partition is gone. Waits for whoever knows that.
   *
   * @throws org.apache.kafka.common.errors.TimeoutException nobody answers
   */
  default boolean isTaken(TopicPartition partition, Uuid topicId, int leaderEpoch) {
    return true;
  }

  /**
   * Deletes the log of a partition. It is gone for {@link #find} at once; its files stay readable
   * for {@code file.delete.delay.ms}. Does nothing if there is none.
   */
  void delete(TopicPartition partition);

  /**
   * Deletes every log that is not wanted, also those that were found at the start and that nobody
   * has opened with {@link #create}: what an interrupted topic deletion left over.
   *
   * @param wanted topic id by partition, of all topics that there are, whoever leads them
   */
  void keepOnly(Map<TopicPartition, Uuid> wanted);

  /**
   * Why a log that belongs here cannot be used until the next start: it could not be opened, or an
   * I/O error has ended it. Empty if it can be used, and if there is no such partition.
   */
  Optional<String> lost(TopicPartition partition);

  /** All partitions that {@link #lost} tells of, with the reason. */
  Map<TopicPartition, String> lost();

  /**
   * The log of a partition.
   *
   * @throws KafkaStorageException it is lost
   * @throws NotLeaderOrFollowerException there is none here, or not yet
   */
  default PartitionLog require(TopicPartition partition) {
    Optional<String> reason = lost(partition);
    if (reason.isPresent()) {
      throw new KafkaStorageException(
          "The log of %s cannot be used until the hub is started again: %s"
              .formatted(partition, reason.get()));
    }
    return find(partition)
        .orElseThrow(
            () -> new NotLeaderOrFollowerException(partition + " is not open on this broker yet"));
  }

  /** A view of all open logs at this moment. */
  Collection<PartitionLog> logs();

  /**
   * Completes exceptionally when the engine can no longer make anything durable: every log has
   * failed, or what forces them. The process then has to end. Never completes otherwise.
   */
  CompletableFuture<Void> failed();

  /**
   * What keeps the engine from taking appends, in one line for an operator: it or a log has failed,
   * the disk has not answered for 10 s or is nearly full. Empty if all is well.
   */
  Optional<String> problem();

  /**
   * Makes everything appended durable, closes all logs and marks the data directory as cleanly
   * stopped. Appends from now on fail. Throws the first failure of these steps after having tried
   * all.
   */
  @Override
  void close();
}
