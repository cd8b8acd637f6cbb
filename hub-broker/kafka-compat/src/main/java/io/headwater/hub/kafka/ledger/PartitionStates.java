package io.headwater.hub.kafka.ledger;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;

/**
 * Where the states of partitions are kept. Every change is conditional on the version that its
 * writer has seen: of two that take a partition over at once, one fails. Methods wait for the store
 * and throw {@link org.apache.kafka.common.errors.TimeoutException} if it does not answer; then a
 * change may have been done or not. Thread-safe.
 */
public interface PartitionStates extends AutoCloseable {
  /** A partition of a topic, by the topic's id: a topic made anew has other partitions. */
  record Key(Uuid topicId, int partition) {}

  /** A state, and the version to write against. */
  record Versioned(PartitionState state, int version) {}

  Optional<Versioned> read(Key key);

  /**
   * Puts the first state of a partition.
   *
   * @return its version; empty if there is one already
   */
  Optional<Versioned> create(Key key, PartitionState state);

  /**
   * Replaces a state.
   *
   * @return the new version; empty if the state is not at {@code version} or gone: nothing was
   *     written
   */
  Optional<Versioned> write(Key key, PartitionState state, int version);

  /** Removes a state that is at {@code version}; false if it is not. One that is gone is true. */
  boolean delete(Key key, int version);

  /** All partitions that have a state. */
  List<Key> list();

  @Override
  void close();
}
