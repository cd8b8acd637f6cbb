package io.headwater.hub.kafka.metadata;

import io.headwater.process.Threads;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.server.common.ProducerIdsBlock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A catalog over a {@link CatalogStore}. One thread, {@code hub-catalog-0}, reads and writes the
 * store, makes snapshots and calls subscribers.
 */
public final class StoredCatalog implements TopicCatalog, AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(StoredCatalog.class);

  /** So many times somebody else may be faster before a change is given up. */
  private static final int ATTEMPTS = 20;

  private static final long AGAIN_MS = 500;

  private final CatalogStore store;
  private final TopicRules rules;
  private final GroupConfigs groupConfigs;
  private final int brokerId;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Threads.factory("hub-catalog"));
  private final List<Consumer<TopicsSnapshot>> subscribers = new CopyOnWriteArrayList<>();

  /** Guards the order of what subscribers see. */
  private final Object publishing = new Object();

  private volatile TopicsSnapshot current;
  private volatile OptionalInt controller = OptionalInt.empty();
  private volatile BooleanSupplier registersAgain = () -> true;

  // Confined to the catalog's thread once the constructor is done.
  private long topicsVersion;
  private @Nullable Broker self;

  /**
   * Loads the catalog, and waits for it.
   *
   * @param store closed by {@link #close}
   * @param brokerId this broker, to which producer ids are given
   * @throws TimeoutException the store does not answer
   */
  public StoredCatalog(
      CatalogStore store, TopicRules rules, GroupConfigs groupConfigs, int brokerId) {
    this.store = store;
    this.rules = rules;
    this.groupConfigs = groupConfigs;
    this.brokerId = brokerId;
    CatalogStore.Contents contents = store.load();
    this.topicsVersion = contents.topicsVersion();
    this.current = snapshot(contents.withoutTopics(), contents.topics(), contents.groups());
    store.onChange(this::refresh);
  }

  @Override
  public TopicsSnapshot current() {
    return current;
  }

  @Override
  public OptionalInt controller() {
    return controller;
  }

  @Override
  public TopicConfigs configs() {
    return rules.configs();
  }

  @Override
  public Subscription subscribe(Consumer<TopicsSnapshot> subscriber) {
    synchronized (publishing) {
      subscribers.add(subscriber);
      tell(subscriber, current);
    }
    return () -> subscribers.remove(subscriber);
  }

  /** Makes this broker known under its advertised address; it stays so until the close. */
  public CompletableFuture<Void> register(Broker broker) {
    return submit(() -> {
      self = broker;
      store.register(broker);
      reload();
      return null;
    });
  }

  /**
   * Makes known that this broker is about to stop: it is given nothing any more, and hands on what
   * it leads ({@link #handOver}).
   */
  public CompletableFuture<Void> leave() {
    return submit(() -> {
      Broker broker = self;
      if (broker != null) {
        Broker leaving = broker.goodbye();
        self = leaving;
        store.register(leaving);
        reload();
      }
      return null;
    });
  }

  @Override
  public CompletableFuture<Topic> create(NewTopic topic, boolean validateOnly) {
    Uuid id = Uuid.randomUuid();
    return submit(() ->
        change(snapshot -> new Change(null, rules.create(snapshot, topic, id)), validateOnly));
  }

  @Override
  public CompletableFuture<Topic> delete(String name) {
    return submit(
        () -> change(snapshot -> new Change(rules.existing(snapshot, name), null), false));
  }

  @Override
  public CompletableFuture<Topic> createPartitions(
      String name, int totalCount, List<List<Integer>> replicas, boolean validateOnly) {
    return update(
        name, snapshot -> rules.addPartitions(snapshot, name, totalCount, replicas), validateOnly);
  }

  @Override
  public CompletableFuture<Topic> replaceConfigs(
      String name, Map<String, String> configs, boolean validateOnly) {
    return update(name, snapshot -> rules.replaceConfigs(snapshot, name, configs), validateOnly);
  }

  @Override
  public CompletableFuture<Topic> changeConfigs(
      String name, List<ConfigChange> changes, boolean validateOnly) {
    return update(name, snapshot -> rules.changeConfigs(snapshot, name, changes), validateOnly);
  }

  @Override
  public GroupConfigs groupConfigs() {
    return groupConfigs;
  }

  @Override
  public CompletableFuture<Void> replaceGroupConfigs(
      String group, Map<String, String> configs, boolean validateOnly) {
    return changeGroup(
        group,
        _ -> {
          groupConfigs.validate(group, configs);
          return configs;
        },
        validateOnly);
  }

  @Override
  public CompletableFuture<Void> changeGroupConfigs(
      String group, List<ConfigChange> changes, boolean validateOnly) {
    return changeGroup(group, before -> groupConfigs.change(group, before, changes), validateOnly);
  }

  private CompletableFuture<Void> changeGroup(
      String group, UnaryOperator<Map<String, String>> change, boolean validateOnly) {
    return submit(() -> {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        Map<String, String> before = current.groups().getOrDefault(group, Map.of());
        Map<String, String> after = change.apply(before);
        if (validateOnly || after.equals(before)) {
          return null;
        }
        CatalogStore.Written written = store.writeGroup(topicsVersion, group, before, after);
        if (written != null) {
          apply(group, after, written);
          return null;
        }
        reload(); // if the write was done and its answer lost, nothing is left to change
      }
      throw contended("group " + group);
    });
  }

  private void apply(String group, Map<String, String> configs, CatalogStore.Written written) {
    var groups = new HashMap<>(current.groups());
    if (configs.isEmpty()) {
      groups.remove(group);
    } else {
      groups.put(group, configs);
    }
    topicsVersion = written.topicsVersion();
    publish(snapshot(written, current.topics().values(), groups));
  }

  @Override
  public CompletableFuture<Integer> raiseLeaderEpoch(TopicPartition partition) {
    return update(partition.topic(), snapshot -> rules.raiseLeaderEpoch(snapshot, partition), false)
        .thenApply(topic -> topic.partitions().get(partition.partition()).leaderEpoch());
  }

  /**
   * Changes topics all at once, as {@code decide} says of the newest snapshot; asked again if
   * somebody else was faster. Completes with what was changed, and published.
   */
  CompletableFuture<List<Topic>> reassign(Function<TopicsSnapshot, List<Topic>> decide) {
    return submit(() -> {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        List<Topic> changed = decide.apply(current);
        if (changed.isEmpty()) {
          return changed;
        }
        CatalogStore.Written written = store.replace(topicsVersion, changed);
        if (written != null) {
          var topics = new TreeMap<>(current.topics());
          changed.forEach(topic -> topics.put(topic.name(), topic));
          topicsVersion = written.topicsVersion();
          publish(snapshot(written, topics.values(), current.groups()));
          return changed;
        }
        reload();
      }
      throw contended("leaders");
    });
  }

  /**
   * Gives a partition on that this broker leads under {@code epoch} and cannot serve; if it does
   * not lead it any more, nothing is to be done. Tried until it is known.
   */
  public void handOn(TopicPartition partition, int epoch) {
    var _ =
        reassign(snapshot ->
                snapshot
                    .partition(partition)
                    .filter(one -> one.leader() == brokerId && one.leaderEpoch() == epoch)
                    .map(_ -> List.of(Leadership.handOn(snapshot, partition)))
                    .orElse(List.of()))
            .whenComplete((_, failure) -> {
              if (failure != null && !thread.isShutdown()) {
                LOGGER
                    .atWarn()
                    .addKeyValue("topicName", partition.topic())
                    .addKeyValue("partition", partition.partition())
                    .setCause(failure)
                    .log("A partition could not be handed on; that is tried again");
                CompletableFuture.delayedExecutor(AGAIN_MS, TimeUnit.MILLISECONDS)
                    .execute(() -> handOn(partition, epoch));
              }
            });
  }

  /**
   * Lets others lead some partitions of those that this broker leads, which leaves.
   *
   * @return completes with the topics that have changed; none if nobody stays
   */
  public CompletableFuture<List<Topic>> handOver(Set<TopicPartition> partitions) {
    return reassign(snapshot -> Leadership.handOver(snapshot, brokerId, partitions));
  }

  @Override
  public CompletableFuture<Map<TopicPartition, ApiException>> elect(
      ElectionType type, Collection<TopicPartition> wanted) {
    return place(snapshot -> Placement.elected(snapshot, type, wanted));
  }

  @Override
  public CompletableFuture<Map<TopicPartition, ApiException>> place(
      Map<TopicPartition, Optional<List<Integer>>> wanted, boolean mayChangeFactor) {
    return place(snapshot -> Placement.placed(snapshot, wanted, mayChangeFactor));
  }

  private CompletableFuture<Map<TopicPartition, ApiException>> place(
      Function<TopicsSnapshot, Placement> decide) {
    var refused = new AtomicReference<Map<TopicPartition, ApiException>>(Map.of());
    return reassign(
            snapshot -> {
              Placement placement = decide.apply(snapshot);
              refused.set(placement.refused());
              return placement.changed();
            })
        .thenApply(_ -> refused.get());
  }

  @Override
  public CompletableFuture<Void> forget(int broker) {
    return submit(() -> {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        TopicsSnapshot before = current;
        if (before.brokers().containsKey(broker)) {
          throw new InvalidRequestException(
              "Broker ID %d is alive, and would register again: stop it first.".formatted(broker));
        }
        if (!before.gone().containsKey(broker)) {
          if (attempt > 0) {
            return null; // done, and its answer was lost, or by somebody else
          }
          throw new BrokerIdNotRegisteredException(
              "Broker ID %d is not currently registered".formatted(broker));
        }
        CatalogStore.Written written = store.forget(topicsVersion, broker);
        if (written != null) {
          topicsVersion = written.topicsVersion();
          publish(snapshot(written, before.topics().values(), before.groups()));
          return null;
        }
        reload();
      }
      throw contended("broker " + broker);
    });
  }

  /** As {@link CatalogStore#suspect}, by this broker. */
  CompletableFuture<Void> suspect(int broker) {
    return submit(() -> {
      store.suspect(brokerId, broker);
      return null;
    });
  }

  /** As {@link CatalogStore#standForController}. */
  void standForController(Consumer<Boolean> listener) {
    store.standForController(brokerId, listener);
  }

  @Override
  public CompletableFuture<ProducerIdsBlock> nextProducerIdBlock() {
    return submit(() -> {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        OptionalLong first = store.reserveProducerIds(ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE);
        if (first.isPresent()) {
          return new ProducerIdsBlock(
              brokerId, first.getAsLong(), ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE);
        }
      }
      throw contended("producer ids");
    });
  }

  /** Waits for the change under way, then closes the store; later changes fail. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(10, TimeUnit.SECONDS)) {
        LOGGER.atWarn().log("A change of the catalog did not end in time");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    store.close();
  }

  /** A topic before and after; null where there is none. */
  private record Change(@Nullable Topic before, @Nullable Topic after) {
    Topic result() {
      if (after != null) {
        return after;
      }
      if (before != null) {
        return before;
      }
      throw new IllegalStateException("a change of nothing");
    }

    /** Whether a write whose answer was lost has been done all the same. */
    boolean isDoneIn(TopicsSnapshot snapshot) {
      return after == null
          ? snapshot.topic(result().id()).isEmpty()
          : after.equals(snapshot.topic(after.id()).orElse(null));
    }
  }

  private CompletableFuture<Topic> update(
      String name, Function<TopicsSnapshot, Topic> changed, boolean validateOnly) {
    return submit(() ->
        change(
            snapshot -> new Change(rules.existing(snapshot, name), changed.apply(snapshot)),
            validateOnly));
  }

  private Topic change(Function<TopicsSnapshot, Change> decide, boolean validateOnly) {
    Change change = decide.apply(current);
    for (int attempt = 0; attempt < ATTEMPTS && !validateOnly; attempt++) {
      CatalogStore.Written written = store.write(topicsVersion, change.before(), change.after());
      if (written != null) {
        apply(change, written);
        return change.result();
      }
      reload();
      if (change.isDoneIn(current)) {
        return change.result();
      }
      change = decide.apply(current);
    }
    if (validateOnly) {
      return change.result();
    }
    throw contended("topic " + change.result().name());
  }

  /** Nobody else has written in between: the store's version check says so. */
  private void apply(Change change, CatalogStore.Written written) {
    var topics = new ArrayList<>(current.topics().values());
    if (change.before() != null) {
      topics.remove(change.before());
    }
    if (change.after() != null) {
      topics.add(change.after());
    }
    topicsVersion = written.topicsVersion();
    publish(snapshot(written, topics, current.groups()));
  }

  /** Has this broker register again, once its registration is lost, only if {@code wanted}. */
  public void registerAgainIf(BooleanSupplier wanted) {
    registersAgain = wanted;
    store.registerAgainIf(wanted);
  }

  /** Reads again what is in the store; does not wait. */
  public void refresh() {
    if (thread.isShutdown()) {
      return; // what the store tells while it is closed
    }
    var _ =
        submit(
                () -> {
                  reload();
                  return null;
                })
            .exceptionally(e -> {
              LOGGER.atWarn().setCause(e).log("The catalog could not be read again");
              return null;
            });
  }

  private void reload() {
    CatalogStore.Contents contents = store.load();
    topicsVersion = contents.topicsVersion();
    controller = store.controller();
    if (contents.version() > current.version()) {
      publish(snapshot(contents.withoutTopics(), contents.topics(), contents.groups()));
    }
    store.applied();
  }

  private TopicsSnapshot snapshot(
      CatalogStore.Written at, Collection<Topic> topics, Map<String, Map<String, String>> groups) {
    var brokers = new ArrayList<>(at.brokers());
    Broker own = self;
    // Also while its registration is being renewed; if that is not wanted, it is not there.
    if (own != null && registersAgain.getAsBoolean()) {
      brokers.removeIf(broker -> broker.id() == own.id());
      brokers.add(own);
    }
    return new TopicsSnapshot(at.version(), store.clusterId(), brokers, at.known(), topics, groups);
  }

  private void publish(TopicsSnapshot snapshot) {
    synchronized (publishing) {
      subscribers.forEach(subscriber -> tell(subscriber, snapshot));
      current = snapshot;
    }
  }

  private static void tell(Consumer<TopicsSnapshot> subscriber, TopicsSnapshot snapshot) {
    try {
      subscriber.accept(snapshot);
    } catch (RuntimeException e) {
      LOGGER.atError().setCause(e).log("A subscriber of the catalog failed");
    }
  }

  private <T extends @Nullable Object> CompletableFuture<T> submit(Callable<T> task) {
    var done = new CompletableFuture<T>();
    try {
      thread.execute(() -> {
        try {
          done.complete(task.call());
        } catch (Exception e) {
          done.completeExceptionally(e);
        }
      });
    } catch (RejectedExecutionException e) {
      done.completeExceptionally(new TimeoutException("The catalog is closed.", e));
    }
    return done;
  }

  private static TimeoutException contended(String what) {
    return new TimeoutException(
        "Others changed the catalog " + ATTEMPTS + " times during this change of " + what + ".");
  }
}
