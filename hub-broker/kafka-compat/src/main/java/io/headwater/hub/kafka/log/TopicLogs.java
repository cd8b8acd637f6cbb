package io.headwater.hub.kafka.log;

import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import io.headwater.process.Threads;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the logs in step with the catalog: one log for each partition that this broker leads, with
 * the topic's configuration, and none else; those that another leads now are let go. Feed it by
 * {@code catalog.subscribe(topicLogs::apply)}; the first snapshot also ends what an interrupted
 * deletion left over.
 *
 * <p>Thread-safe: one caller at a time is let in.
 */
public final class TopicLogs {
  private static final Logger LOGGER = LoggerFactory.getLogger(TopicLogs.class);

  /** So many logs are worth threads of their own. */
  private static final int MANY = 8;

  private final LogEngine engine;
  private final TopicConfigs configs;
  private final int brokerId;
  private @Nullable TopicsSnapshot applied;

  public TopicLogs(LogEngine engine, TopicConfigs configs, int brokerId) {
    this.engine = engine;
    this.configs = configs;
    this.brokerId = brokerId;
  }

  /** Makes, changes and deletes logs as the snapshot says. */
  public synchronized void apply(TopicsSnapshot snapshot) {
    TopicsSnapshot before = applied;
    var existing = new HashMap<TopicPartition, Uuid>();
    var moved = new HashSet<TopicPartition>();
    for (Topic topic : snapshot.topics().values()) {
      for (Partition partition : topic.partitions()) {
        var log = new TopicPartition(topic.name(), partition.index());
        existing.put(log, topic.id());
        if (partition.leader() != brokerId
            && (engine.find(log).isPresent() || wasLedHere(before, log))) {
          moved.add(log); // open, or about to be
        }
      }
    }
    engine.keepOnly(existing);
    runAll(moved.stream().<Runnable>map(log -> () -> engine.release(log)).toList());
    Map<Map<String, String>, LogConfig> known = new HashMap<>();
    var missing = new ArrayList<Runnable>();
    for (Topic topic : snapshot.topics().values()) {
      if (before != null && topic.equals(before.topic(topic.id()).orElse(null))) {
        continue;
      }
      LogConfig config = known.computeIfAbsent(topic.configs(), configs::effective);
      for (Partition partition : topic.partitions()) {
        if (partition.leader() == brokerId) {
          var log = new TopicPartition(topic.name(), partition.index());
          missing.add(() -> create(log, topic.id(), partition.leaderEpoch(), config));
        }
      }
    }
    runAll(missing);
    applied = snapshot;
  }

  private boolean wasLedHere(@Nullable TopicsSnapshot before, TopicPartition log) {
    return before != null
        && before.partition(log).filter(one -> one.leader() == brokerId).isPresent();
  }

  /** Opening a log waits for the disk and, after an unclean stop, scans it. */
  private static void runAll(List<Runnable> tasks) {
    if (tasks.size() < MANY) {
      tasks.forEach(Runnable::run);
      return;
    }
    int threads = 2 * Runtime.getRuntime().availableProcessors();
    try (ExecutorService openers =
        Executors.newFixedThreadPool(threads, Threads.factory("hub-log-open"))) {
      tasks.stream()
          .map(task -> CompletableFuture.runAsync(task, openers))
          .toList()
          .forEach(CompletableFuture::join);
    }
  }

  /** One log that cannot be opened must not keep the others closed. */
  private void create(TopicPartition partition, Uuid topicId, int leaderEpoch, LogConfig config) {
    try {
      engine.open(partition, topicId, leaderEpoch, config);
    } catch (KafkaStorageException e) {
      LOGGER
          .atError()
          .addKeyValue("topicName", partition.topic())
          .addKeyValue("partition", partition.partition())
          .setCause(e)
          .log("A log cannot be opened");
    }
  }
}
