package io.headwater.analytics;

import io.headwater.process.Threads;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * New results for those who listen, from the result topics: committed ones only, and those of all
 * instances.
 *
 * <p>One thread with one consumer reads for all; it is there only while somebody listens. A commit
 * may bring more results at once than anybody can take in that instant, so it reads on when all
 * have room, and meanwhile they wait on the hub. But nobody is waited for long: one who does not
 * catch up is ended, and its connection is closed if it does not even take the reason.
 */
final class LiveFeed implements AutoCloseable {
  static final int MAX_CLIENTS = 64;

  /** Results that are read, and given to a client, at once. */
  static final int AT_ONCE = 500;

  private static final Logger LOGGER = LoggerFactory.getLogger(LiveFeed.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration ROOM_POLL = Duration.ofMillis(10);

  /** How long one may hold up all others, in all, until it has caught up. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration LAST_WORD_LIMIT = Duration.ofSeconds(10);

  private final Map<String, Object> consumerConfig;
  private final AnalyticsMetrics metrics;
  private final List<LiveClient> clients = new CopyOnWriteArrayList<>();
  private final Semaphore places = new Semaphore(MAX_CLIENTS);
  private final Semaphore wake = new Semaphore(0);
  private final Thread thread;
  private volatile boolean stopping;
  private volatile @Nullable Consumer<byte[], byte[]> consumer;

  // Of the feed's own thread.
  private final Set<LiveClient> greeted = new HashSet<>();
  private final Map<LiveClient, Long> leavingSinceNanos = new HashMap<>();
  private final Map<LiveClient, Long> heldUpNanos = new HashMap<>();
  private Set<String> topics = Set.of();
  private long lookedNanos;
  private boolean warned;

  /** Starts its thread, which sleeps until somebody listens. */
  LiveFeed(Map<String, Object> consumerConfig, AnalyticsMetrics metrics) {
    this.consumerConfig = consumerConfig;
    this.metrics = metrics;
    metrics.liveClients(() -> MAX_CLIENTS - places.availablePermits());
    this.thread = Threads.start("analytics-live-0", this::run);
  }

  /**
   * Someone new, who gets the event {@code ready} and then all results from there on.
   *
   * @throws ApiError 503 if there are too many; whoever has one must {@link #leave} it
   */
  LiveClient enter(Query query, Optional<String> key) {
    if (!places.tryAcquire()) {
      throw ApiError.notNow(
          MAX_CLIENTS + " listen to this instance already; ask again, or ask another instance");
    }
    var client = new LiveClient(query.name(), query.output().topics(), key);
    clients.add(client);
    wakeUp();
    return client;
  }

  void leave(LiveClient client) {
    clients.remove(client);
    places.release();
  }

  /** Ends those who listen to a query that is no longer there, or no longer the same. */
  void end(String query, String reason) {
    for (LiveClient client : clients) {
      if (client.query().equals(query)) {
        client.end("ended", reason);
      }
    }
  }

  @Override
  public void close() {
    stopping = true;
    clients.forEach(client -> client.end("ended", "this instance stops"));
    wakeUp();
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void wakeUp() {
    wake.release();
    Consumer<byte[], byte[]> reading = consumer;
    if (reading != null) {
      reading.wakeup();
    }
  }

  private void run() {
    try {
      while (!stopping) {
        if (clients.isEmpty()) {
          wake.acquire();
          wake.drainPermits();
        } else {
          read();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Until nobody listens any more, or the hub could not be read. */
  private void read() throws InterruptedException {
    try (var reading =
        new KafkaConsumer<>(
            consumerConfig, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer = reading;
      topics = Set.of();
      while (!stopping && !clients.isEmpty()) {
        try {
          assign(reading);
          if (reading.assignment().isEmpty()) {
            var _ = wake.tryAcquire(POLL.toNanos(), TimeUnit.NANOSECONDS); // no topic is there yet
          } else if (awaitRoom()) {
            for (ConsumerRecord<byte[], byte[]> result : reading.poll(POLL)) {
              deliver(result);
            }
          }
          warned = false;
        } catch (WakeupException _) {
          // Someone has come.
        }
        closeLeaving();
      }
    } catch (RuntimeException e) { // of the hub's mostly; others listen on in any case
      if (!warned) {
        warned = true;
        LOGGER
            .atWarn()
            .addKeyValue("error", e.toString())
            .log("New results cannot be read for those who listen; it is tried again");
      }
      var _ = wake.tryAcquire(RETRY.toNanos(), TimeUnit.NANOSECONDS);
    } finally {
      consumer = null;
      greeted.retainAll(clients);
    }
  }

  /** Reads the topics of those who listen; what is new is read from its end. */
  private void assign(Consumer<byte[], byte[]> reading) {
    var wanted = new TreeSet<String>();
    var listening = List.copyOf(clients);
    listening.forEach(client -> wanted.addAll(client.topics()));
    long now = System.nanoTime();
    if (!wanted.equals(topics) || now - lookedNanos > LOOK_AGAIN.toNanos()) {
      var partitions = new ArrayList<TopicPartition>();
      for (String topic : wanted) {
        reading
            .partitionsFor(topic)
            .forEach(each -> partitions.add(new TopicPartition(topic, each.partition())));
      }
      var added = new HashSet<>(partitions);
      added.removeAll(reading.assignment());
      reading.assign(partitions);
      if (!added.isEmpty()) { // of none it would be all, and what they have not read yet be lost
        reading.seekToEnd(added);
      }
      partitions.forEach(reading::position);
      topics = wanted;
      lookedNanos = now;
    }
    for (LiveClient client : listening) {
      if (greeted.add(client)) {
        client.offer(LiveClient.event("ready", "{}"));
      }
    }
  }

  /**
   * Whether all have room for what is read next; waits a little if not, and drops who was waited
   * for too long.
   */
  private boolean awaitRoom() throws InterruptedException {
    heldUpNanos.keySet().removeIf(LiveClient::isIdle);
    List<LiveClient> full =
        clients.stream()
            .filter(client -> !leavingSinceNanos.containsKey(client) && !client.hasRoomFor(AT_ONCE))
            .toList();
    if (full.isEmpty()) {
      return true;
    }
    long began = System.nanoTime();
    var _ = wake.tryAcquire(ROOM_POLL.toNanos(), TimeUnit.NANOSECONDS);
    long waited = System.nanoTime() - began;
    for (LiveClient client : full) {
      if (heldUpNanos.merge(client, waited, Long::sum) > PATIENCE.toNanos()) {
        drop(client);
      }
    }
    return false;
  }

  private void drop(LiveClient client) {
    metrics.liveDropped().increment();
    leavingSinceNanos.put(client, System.nanoTime());
    client.end(
        "dropped",
        "results waited for you until others would have had to wait, so you get no more: read"
            + " faster, or ask for one key only (?key=)");
  }

  private void deliver(ConsumerRecord<byte[], byte[]> result) {
    if (result.value() == null) {
      return;
    }
    String event = null;
    for (LiveClient client : clients) {
      if (client.topics().contains(result.topic()) && client.wants(result.key())) {
        if (event == null) {
          event = LiveClient.event("", new String(result.value(), StandardCharsets.UTF_8));
        }
        if (!leavingSinceNanos.containsKey(client) && !client.offer(event)) {
          drop(client);
        }
      }
    }
  }

  private void closeLeaving() {
    long now = System.nanoTime();
    leavingSinceNanos.forEach((client, since) -> {
      if (now - since > LAST_WORD_LIMIT.toNanos()) {
        client.abandon();
      }
    });
    leavingSinceNanos.keySet().removeIf(LiveClient::isGone);
    heldUpNanos.keySet().retainAll(clients);
    greeted.retainAll(clients);
  }
}
