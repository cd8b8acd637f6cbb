package io.headwater.hub.kafka.metadata;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.server.common.ProducerIdsBlock;

/**
 * The cluster's topics, the settings of its groups, and the one way to change them. Thread-safe; no
 * method waits.
 *
 * <p>A change is checked, written under a version check and then published: its future completes
 * after all subscribers have taken the snapshot that contains it, and {@link #current()} returns
 * that snapshot from then on. So once {@code create} is done, the logs of the topic exist, if
 * whoever makes them is a subscriber.
 *
 * <p>Futures fail with Kafka's {@link org.apache.kafka.common.errors.ApiException}s, which carry
 * the protocol's error code and a text for the user. With {@code validateOnly} everything is
 * checked and answered, and nothing is changed. A store that cannot be reached is a {@link
 * org.apache.kafka.common.errors.TimeoutException}. Futures are completed by the catalog's thread:
 * what is chained without an executor must be quick.
 */
public interface TopicCatalog {

  /** The newest snapshot that all subscribers have taken. Never waits. */
  TopicsSnapshot current();

  /** Who gives partitions to brokers; empty if nobody does, or is not known to. Never waits. */
  OptionalInt controller();

  /**
   * Hands every snapshot to {@code subscriber}, in order, by one thread at a time, and the current
   * one once before this returns. A subscriber must not wait for a change that it makes itself; one
   * that throws is logged and does not hold up the others.
   */
  Subscription subscribe(Consumer<TopicsSnapshot> subscriber);

  /**
   * Creates a topic. Fails with {@code TopicExistsException}, {@code InvalidTopicException}, {@code
   * InvalidPartitionsException}, {@code InvalidReplicationFactorException} (more replicas than
   * brokers are known, or none is there), {@code InvalidReplicaAssignmentException} (chosen by
   * hand), {@code InvalidConfigurationException}.
   */
  CompletableFuture<Topic> create(NewTopic topic, boolean validateOnly);

  /** Deletes a topic and completes with what it was. {@code UnknownTopicOrPartitionException}. */
  CompletableFuture<Topic> delete(String name);

  /**
   * Adds partitions.
   *
   * @param totalCount of partitions afterwards; {@code InvalidPartitionsException} unless higher
   *     than before
   * @param replicas of each new partition, the first preferred; empty if brokers are to be chosen;
   *     {@code InvalidReplicaAssignmentException}
   */
  CompletableFuture<Topic> createPartitions(
      String name, int totalCount, List<List<Integer>> replicas, boolean validateOnly);

  /** Replaces all configs of a topic (AlterConfigs). {@code InvalidConfigurationException}. */
  CompletableFuture<Topic> replaceConfigs(
      String name, Map<String, String> configs, boolean validateOnly);

  /**
   * Changes single configs of a topic, all or none (IncrementalAlterConfigs). {@code
   * InvalidConfigurationException}, {@code InvalidRequestException} for a key named twice.
   */
  CompletableFuture<Topic> changeConfigs(
      String name, List<ConfigChange> changes, boolean validateOnly);

  /**
   * Replaces all configs of a group, which need not exist. {@code InvalidConfigurationException}.
   */
  CompletableFuture<Void> replaceGroupConfigs(
      String group, Map<String, String> configs, boolean validateOnly);

  /**
   * Changes single configs of a group, which need not exist, all or none. {@code
   * InvalidConfigurationException}, {@code InvalidRequestException} for a key named twice.
   */
  CompletableFuture<Void> changeGroupConfigs(
      String group, List<ConfigChange> changes, boolean validateOnly);

  /** Raises the leader epoch of a partition by one and completes with the new one. */
  CompletableFuture<Integer> raiseLeaderEpoch(TopicPartition partition);

  /**
   * Elects leaders. Preferred: the first of the replicas. Unclean: any broker, where nobody leads;
   * no record is lost by that, as all brokers reach all. Completes with the reasons where that was
   * not done: {@code ElectionNotNeededException}, {@code PreferredLeaderNotAvailableException},
   * {@code EligibleLeadersNotAvailableException}, {@code UnknownTopicOrPartitionException}.
   */
  CompletableFuture<Map<TopicPartition, ApiException>> elect(
      ElectionType type, Collection<TopicPartition> wanted);

  /**
   * Gives partitions other replicas, and another leader where theirs is not among them. Completes
   * with the reasons where that was not done: {@code InvalidReplicaAssignmentException}, {@code
   * InvalidReplicationFactorException}, {@code NoReassignmentInProgressException}, {@code
   * UnknownTopicOrPartitionException}.
   *
   * @param wanted replicas, the first preferred; empty to end a move that is under way: none ever
   *     is, as each is done with its request
   * @param mayChangeFactor whether there may be more or fewer replicas than before
   */
  CompletableFuture<Map<TopicPartition, ApiException>> place(
      Map<TopicPartition, Optional<List<Integer>>> wanted, boolean mayChangeFactor);

  /**
   * Forgets a broker that is gone and will not come back. {@code BrokerIdNotRegisteredException},
   * {@code InvalidRequestException} if it is there.
   */
  CompletableFuture<Void> forget(int broker);

  /** Takes the next producer ids. No two calls ever get the same, also after a crash. */
  CompletableFuture<ProducerIdsBlock> nextProducerIdBlock();

  /** What applies to topics: defaults and the rules of configuration. */
  TopicConfigs configs();

  /** What applies to groups: defaults and the rules of configuration. */
  GroupConfigs groupConfigs();

  /** Ends a subscription when closed; closing twice is allowed. */
  @FunctionalInterface
  interface Subscription extends AutoCloseable {
    @Override
    void close();
  }
}
