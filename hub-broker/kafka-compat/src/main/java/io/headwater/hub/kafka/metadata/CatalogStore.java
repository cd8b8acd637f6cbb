package io.headwater.hub.kafka.metadata;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a catalog is kept. Every write is conditional on the version that the writer has seen, so
 * of two writers one fails. Methods wait for the store and are called by the catalog's thread; they
 * throw {@link org.apache.kafka.common.errors.TimeoutException} if the store does not answer.
 */
public interface CatalogStore extends AutoCloseable {
  /**
   * Everything at one moment.
   *
   * @param version rises with every change of topics or brokers
   * @param topicsVersion what writes want to see again
   * @param brokers those that are there
   * @param known all that ever were, but for those that were forgotten
   * @param groups what is set on groups, by group and Kafka's keys
   */
  record Contents(
      long version,
      long topicsVersion,
      List<Topic> topics,
      List<Broker> brokers,
      List<Broker> known,
      Map<String, Map<String, String>> groups) {
    public Contents {
      groups = Map.copyOf(groups);
      topics = List.copyOf(topics);
      brokers = List.copyOf(brokers);
      known = List.copyOf(known);
    }

    Written withoutTopics() {
      return new Written(version, topicsVersion, brokers, known);
    }
  }

  /** What is there after a write, topics and groups aside; see {@link Contents}. */
  record Written(long version, long topicsVersion, List<Broker> brokers, List<Broker> known) {
    public Written {
      brokers = List.copyOf(brokers);
      known = List.copyOf(known);
    }
  }

  /** Drawn when the store was first used; 22 characters. */
  String clusterId();

  Contents load();

  /**
   * Puts a topic, or removes it.
   *
   * @param before what is replaced or removed; null to create
   * @param after what shall be there; null to remove
   * @return null if topics were changed since {@code topicsVersion}: nothing was written
   */
  @Nullable Written write(long topicsVersion, @Nullable Topic before, @Nullable Topic after);

  /**
   * Puts topics in the place of those of the same ids, all or none.
   *
   * @return null if topics were changed since {@code topicsVersion}: nothing was written
   */
  @Nullable Written replace(long topicsVersion, List<Topic> changed);

  /**
   * Sets what is set on a group; nothing removes it.
   *
   * @param before what is replaced
   * @return null if topics or groups were changed since {@code topicsVersion}: nothing was written
   */
  @Nullable Written writeGroup(
      long topicsVersion, String group, Map<String, String> before, Map<String, String> after);

  /**
   * Takes a run of numbers that nobody else ever gets, and returns the first.
   *
   * @return empty if somebody else did so at the same moment; try again
   */
  OptionalLong reserveProducerIds(int count);

  /**
   * Makes a broker known; it is there for as long as this process keeps its connection to the
   * store. If that is lost all the same, {@link #load} registers it again.
   */
  void register(Broker broker);

  /** From now on a registration that was lost is made again only if {@code wanted} says so. */
  default void registerAgainIf(BooleanSupplier wanted) {}

  /**
   * Forgets a broker that is gone.
   *
   * @return null if topics were changed since {@code topicsVersion}: nothing was written
   */
  @Nullable Written forget(long topicsVersion, int broker);

  /**
   * Stands for election as the one broker that decides for all, until the store is closed.
   *
   * @param listener hears, by any thread, whether this broker is it; at first nobody says so. Two
   *     brokers may believe it for a moment: what they write is under a version check
   */
  void standForController(int broker, Consumer<Boolean> listener);

  /** Whoever is elected now, as far as the store knows. A change is told as any other. */
  OptionalInt controller();

  /**
   * Says that {@code suspect} seems to be gone. If two brokers say so of the same registration, it
   * is taken away: whoever it belongs to, if he lives, registers anew.
   */
  void suspect(int by, int suspect);

  /** What {@link #load} gave last is in force in this broker now. */
  default void applied() {}

  /** Has {@code listener} told, by any thread, that something may have changed. */
  void onChange(Runnable listener);

  @Override
  void close();
}
