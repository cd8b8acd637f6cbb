package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.group.GroupSettings;
import io.headwater.hub.kafka.ledger.CuttableLedgers;
import io.headwater.hub.kafka.ledger.LedgerLogEngine;
import io.headwater.hub.kafka.ledger.LedgerLogSettings;
import io.headwater.hub.kafka.ledger.Ledgers;
import io.headwater.hub.kafka.ledger.MemoryStates;
import io.headwater.hub.kafka.log.FileLogEngine;
import io.headwater.hub.kafka.log.FileLogSettings;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.metadata.CatalogStore;
import io.headwater.hub.kafka.metadata.MemoryStore;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metrics.MetricsSettings;
import io.headwater.hub.kafka.net.NetSettings;
import io.headwater.hub.kafka.txn.TransactionSettings;
import io.headwater.process.Health;
import io.headwater.process.HostPort;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.awaitility.Awaitility;

/**
 * Brokers over one catalog. With files of their own, what is led by one cannot move to another with
 * its records, but requests find their way; over the same ledgers it can.
 */
public final class TestCluster implements AutoCloseable {
  public static final int STATE_PARTITIONS = 4;

  public static final TransactionSettings TRANSACTIONS =
      new TransactionSettings(
          STATE_PARTITIONS, Duration.ofMinutes(10), Duration.ofDays(1), Duration.ofMillis(50));

  private static final String OFFSETS =
      org.apache.kafka.common.internals.Topic.GROUP_METADATA_TOPIC_NAME;

  private final Path root;
  private final MemoryStore store = new MemoryStore();
  private final SortedMap<Integer, Broker> brokers = new TreeMap<>();
  private final RawRequests requests = new RawRequests();
  private final Map<Integer, CatalogStore> sessions = new HashMap<>();
  private final Optional<Ledgers> ledgers;
  private final MemoryStates states = new MemoryStates();
  private final Set<Integer> lost = ConcurrentHashMap.newKeySet();
  private final Set<Integer> cut = ConcurrentHashMap.newKeySet();
  private int scratches;

  private TestCluster(Path root, Optional<Ledgers> ledgers) {
    this.root = root;
    this.ledgers = ledgers;
  }

  /** Brokers from 1 to {@code count}, each with files of its own. */
  public static TestCluster start(Path root, int count) {
    return start(root, count, Optional.empty());
  }

  /** Brokers from 1 to {@code count} over the same ledgers, whose partitions move. */
  public static TestCluster start(Path root, int count, Ledgers ledgers) {
    return start(root, count, Optional.of(ledgers));
  }

  private static TestCluster start(Path root, int count, Optional<Ledgers> ledgers) {
    var cluster = new TestCluster(root, ledgers);
    try {
      for (int id = 1; id <= count; id++) {
        cluster.start(id);
      }
      cluster.awaitView(0);
      return cluster;
    } catch (RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  public void start(int id) {
    CatalogStore session = store.session();
    sessions.put(id, session);
    brokers.put(
        id,
        Broker.start(
            new Broker.Settings(
                id,
                root.resolve("logs" + id),
                new HostPort("127.0.0.1", 0),
                Optional.empty(),
                1 << 20,
                NetSettings.DEFAULTS,
                false,
                1,
                2,
                Map.of(),
                new GroupSettings(STATE_PARTITIONS, Duration.ZERO),
                TRANSACTIONS,
                FileLogSettings.DEFAULTS,
                MetricsSettings.DEFAULTS),
            session,
            storage(id),
            new SimpleMeterRegistry(),
            new Health(),
            Clock.systemUTC()));
  }

  private Storage storage(int id) {
    return new Storage() {
      @Override
      public LogEngine open(LogMetrics metrics) throws IOException {
        return ledgers.isPresent()
            ? new LedgerLogEngine(
                new CuttableLedgers(ledgers.get(), () -> cut.contains(id)),
                states,
                LedgerLogSettings.DEFAULTS,
                root.resolve("scratch" + id + "-" + ++scratches),
                id,
                metrics,
                Time.SYSTEM)
            : FileLogEngine.open(
                root.resolve("logs" + id), FileLogSettings.DEFAULTS, metrics, Time.SYSTEM);
      }

      @Override
      public Optional<Storage.Sharing> sharing() {
        return ledgers.map(_ ->
            new Storage.Sharing(
                Duration.ofMillis(200), Duration.ofSeconds(5), () -> !lost.contains(id)));
      }
    };
  }

  /** A broker does not reach the ledgers any more, although it is there. */
  public void cutFromLedgers(int id) {
    cut.add(id);
  }

  public void heal(int id) {
    cut.remove(id);
  }

  /** A broker may not know any more what is so. */
  public void loseLease(int id) {
    lost.add(id);
  }

  public void regainLease(int id) {
    lost.remove(id);
  }

  /** Takes a broker for dead, although it runs on and does not know. */
  public void expire(int id) {
    Objects.requireNonNull(sessions.remove(id)).close();
  }

  /** Waits until each broker that runs knows those that do, and as many topics. */
  public void awaitView(int topics) {
    for (int id : brokers.keySet()) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> {
            MetadataResponseData seen = metadata(id);
            assertThat(seen.brokers()).hasSize(brokers.size());
            assertThat(seen.topics()).hasSize(topics);
          });
    }
  }

  /** All that a broker says. */
  public MetadataResponseData metadata(int id) throws IOException {
    return ((MetadataResponse)
            send(id, ApiKeys.METADATA, 12, new MetadataRequestData().setTopics(null)))
        .data();
  }

  public void stop(int id) {
    broker(id).close();
    brokers.remove(id);
  }

  private Broker broker(int id) {
    Broker broker = brokers.get(id);
    if (broker == null) {
      throw new IllegalStateException("broker " + id + " does not run");
    }
    return broker;
  }

  public MemoryStore store() {
    return store;
  }

  /** Who leads a partition, as the store has it. */
  public int leader(TopicPartition partition) {
    Topic topic =
        store.load().topics().stream()
            .filter(one -> one.name().equals(partition.topic()))
            .findAny()
            .orElseThrow();
    return topic.partitions().get(partition.partition()).leader();
  }

  /** A name, made of {@code prefix}, whose state partition is led by a broker. */
  public String transactionalIdOf(int leader, String prefix) {
    for (int i = 0; i < 1_000; i++) {
      String id = prefix + i;
      if (leader(TRANSACTIONS.partitionFor(id)) == leader) {
        return id;
      }
    }
    throw new IllegalStateException("broker " + leader + " leads no state partition");
  }

  /** A group whose offsets partition is led by a broker. */
  public String groupOf(int leader, String prefix) {
    for (int i = 0; i < 1_000; i++) {
      String group = prefix + i;
      int partition = Utils.abs(group.hashCode()) % STATE_PARTITIONS;
      if (leader(new TopicPartition(OFFSETS, partition)) == leader) {
        return group;
      }
    }
    throw new IllegalStateException("broker " + leader + " leads no offsets partition");
  }

  /** Whoever does so first has the topics of groups and transactions made. */
  public void askForCoordinator() throws IOException {
    var request = new FindCoordinatorRequestData().setCoordinatorKeys(List.of("any"));
    AbstractResponse answer = send(brokers.firstKey(), ApiKeys.FIND_COORDINATOR, 4, request);
    assertThat(answer.errorCounts()).containsOnlyKeys(Errors.NONE);
  }

  public String bootstrap() {
    return String.join(",", brokers.values().stream().map(b -> b.address().toString()).toList());
  }

  public String address(int id) {
    return broker(id).address().toString();
  }

  public Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrap()));
  }

  public KafkaProducer<String, String> producer(Map<String, Object> more) {
    var config = new HashMap<String, Object>(more);
    config.put("bootstrap.servers", bootstrap());
    return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
  }

  public KafkaConsumer<String, String> consumer(Map<String, Object> more) {
    var config = new HashMap<String, Object>(more);
    config.put("bootstrap.servers", bootstrap());
    config.putIfAbsent("auto.offset.reset", "earliest");
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }

  /** Sends one request to one broker, and reads the answer. */
  public AbstractResponse send(int id, ApiKeys key, int version, ApiMessage body)
      throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), broker(id).address().port())) {
      socket.setSoTimeout(20_000);
      return requests.send(socket, key, version, body);
    }
  }

  @Override
  public void close() {
    for (int id : brokers.keySet().toArray(new Integer[0])) {
      stop(id);
    }
    assertThat(store.load().brokers()).isEmpty();
  }
}
