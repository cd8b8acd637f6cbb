package io.headwater.hub.kafka.metadata;

import io.headwater.hub.kafka.group.GroupCoordination;
import io.headwater.hub.kafka.group.GroupSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A store that forgets; several catalogs may share one, each through a {@link #session} of its own
 * if its broker is to be gone when it is closed. Thread-safe.
 */
public final class MemoryStore implements CatalogStore {
  private final String clusterId = Uuid.randomUuid().toString();
  private final SortedMap<String, Topic> topics = new TreeMap<>();
  private final Map<String, Map<String, String>> groups = new HashMap<>();
  private final SortedMap<Integer, Broker> brokers = new TreeMap<>();
  private final SortedMap<Integer, Broker> known = new TreeMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Map<Consumer<Boolean>, Integer> candidates = new LinkedHashMap<>();
  private final Map<Integer, Set<Integer>> suspicions = new HashMap<>();
  private long version = 1;
  private long topicsVersion;
  private long nextProducerId;

  /** A catalog of one broker with id 1, and 3 partitions by default. */
  public static StoredCatalog catalog() {
    var catalog =
        new StoredCatalog(
            new MemoryStore(), new TopicRules(new TopicConfigs(Map.of()), 3, 1), groupConfigs(), 1);
    catalog.register(new Broker(1, "localhost", 9092, null)).join();
    return catalog;
  }

  /** Kafka's defaults. */
  public static GroupConfigs groupConfigs() {
    return new GroupConfigs(GroupCoordination.config(GroupSettings.DEFAULTS));
  }

  /** What one broker holds of the store. */
  public CatalogStore session() {
    return new Session();
  }

  /** Gives a partition to another leader, under the next epoch, as a controller would. */
  public synchronized void lead(TopicPartition partition, int leader) {
    Topic before = Objects.requireNonNull(topics.get(partition.topic()));
    var partitions = new ArrayList<>(before.partitions());
    partitions.replaceAll(one -> one.index() == partition.partition() ? one.ledBy(leader) : one);
    var after = new Topic(before.name(), before.id(), partitions, before.configs());
    var _ = write(topicsVersion, before, after);
  }

  @Override
  public synchronized void suspect(int by, int suspect) {
    if (brokers.containsKey(suspect)
        && suspicions.computeIfAbsent(suspect, _ -> new HashSet<>()).add(by)
        && suspicions.get(suspect).size() >= 2) {
      suspicions.remove(suspect);
      unregister(suspect);
    }
  }

  private synchronized void unregister(int broker) {
    if (brokers.remove(broker) != null) {
      version++;
      listeners.forEach(Runnable::run);
    }
  }

  @Override
  public String clusterId() {
    return clusterId;
  }

  @Override
  public synchronized Contents load() {
    return new Contents(
        version,
        topicsVersion,
        List.copyOf(topics.values()),
        List.copyOf(brokers.values()),
        List.copyOf(known.values()),
        groups);
  }

  @Override
  public synchronized @Nullable Written write(
      long expected, @Nullable Topic before, @Nullable Topic after) {
    if (expected != topicsVersion) {
      return null;
    }
    if (before != null) {
      topics.remove(before.name());
    }
    if (after != null) {
      topics.put(after.name(), after);
    }
    version++;
    topicsVersion++;
    new ArrayList<>(listeners).forEach(Runnable::run);
    return written();
  }

  @Override
  public synchronized @Nullable Written replace(long expected, List<Topic> changed) {
    if (expected != topicsVersion) {
      return null;
    }
    changed.forEach(topic -> topics.put(topic.name(), topic));
    version++;
    topicsVersion++;
    new ArrayList<>(listeners).forEach(Runnable::run);
    return written();
  }

  private Written written() {
    return new Written(
        version, topicsVersion, List.copyOf(brokers.values()), List.copyOf(known.values()));
  }

  @Override
  public synchronized @Nullable Written forget(long expected, int broker) {
    if (expected != topicsVersion) {
      return null;
    }
    known.remove(broker);
    version++;
    topicsVersion++;
    new ArrayList<>(listeners).forEach(Runnable::run);
    return written();
  }

  /** The first that stands is it, then the next. */
  @Override
  public synchronized void standForController(int broker, Consumer<Boolean> listener) {
    candidates.put(listener, broker);
    elect();
  }

  private synchronized void withdraw(List<Consumer<Boolean>> withdrawn) {
    candidates.keySet().removeAll(withdrawn);
    elect();
  }

  private void elect() {
    candidates.keySet().stream().findFirst().ifPresent(first -> first.accept(true));
    new ArrayList<>(listeners).forEach(Runnable::run);
  }

  @Override
  public synchronized OptionalInt controller() {
    return candidates.values().stream().mapToInt(Integer::intValue).findFirst();
  }

  @Override
  public synchronized @Nullable Written writeGroup(
      long expected, String group, Map<String, String> before, Map<String, String> after) {
    if (expected != topicsVersion) {
      return null;
    }
    groups.remove(group);
    if (!after.isEmpty()) {
      groups.put(group, after);
    }
    version++;
    topicsVersion++;
    new ArrayList<>(listeners).forEach(Runnable::run);
    return written();
  }

  @Override
  public synchronized OptionalLong reserveProducerIds(int count) {
    long first = nextProducerId;
    nextProducerId += count;
    return OptionalLong.of(first);
  }

  @Override
  public synchronized void register(Broker broker) {
    brokers.put(broker.id(), broker);
    known.put(broker.id(), broker);
    version++;
    listeners.forEach(Runnable::run);
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  @Override
  public void close() {}

  private final class Session implements CatalogStore {
    private final List<Runnable> own = new CopyOnWriteArrayList<>();
    private final List<Integer> registered = new CopyOnWriteArrayList<>();
    private final List<Consumer<Boolean>> stood = new CopyOnWriteArrayList<>();

    @Override
    public String clusterId() {
      return clusterId;
    }

    @Override
    public Contents load() {
      return MemoryStore.this.load();
    }

    @Override
    public @Nullable Written write(long expected, @Nullable Topic before, @Nullable Topic after) {
      return MemoryStore.this.write(expected, before, after);
    }

    @Override
    public @Nullable Written replace(long expected, List<Topic> changed) {
      return MemoryStore.this.replace(expected, changed);
    }

    @Override
    public @Nullable Written forget(long expected, int broker) {
      return MemoryStore.this.forget(expected, broker);
    }

    @Override
    public OptionalInt controller() {
      return MemoryStore.this.controller();
    }

    @Override
    public void suspect(int by, int suspect) {
      MemoryStore.this.suspect(by, suspect);
    }

    @Override
    public void standForController(int broker, Consumer<Boolean> listener) {
      stood.add(listener);
      MemoryStore.this.standForController(broker, listener);
    }

    @Override
    public @Nullable Written writeGroup(
        long expected, String group, Map<String, String> before, Map<String, String> after) {
      return MemoryStore.this.writeGroup(expected, group, before, after);
    }

    @Override
    public OptionalLong reserveProducerIds(int count) {
      return MemoryStore.this.reserveProducerIds(count);
    }

    @Override
    public void register(Broker broker) {
      registered.add(broker.id());
      MemoryStore.this.register(broker);
    }

    @Override
    public void onChange(Runnable listener) {
      own.add(listener);
      MemoryStore.this.onChange(listener);
    }

    @Override
    public void close() {
      listeners.removeAll(own);
      stood.forEach(listener -> listener.accept(false));
      withdraw(stood);
      registered.forEach(MemoryStore.this::unregister);
    }
  }
}
