package io.headwater.hub.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.group.GroupSettings;
import io.headwater.hub.kafka.log.FileLogEngine;
import io.headwater.hub.kafka.log.FileLogSettings;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.LogMetrics;
import io.headwater.hub.kafka.metadata.CatalogStore;
import io.headwater.hub.kafka.metadata.MemoryStore;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.hub.kafka.metrics.MetricsSettings;
import io.headwater.hub.kafka.net.NetSettings;
import io.headwater.hub.kafka.txn.TransactionSettings;
import io.headwater.process.Health;
import io.headwater.process.HostPort;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/**
 * A broker over real sockets and files, with a clock that the test puts forward. It can be stopped,
 * its logs be changed meanwhile, and be started again; or go on from what a crash would have left.
 */
public final class TestHub implements AutoCloseable {
  public static final Duration LONGEST_TRANSACTION = Duration.ofMinutes(10);
  public static final Duration ID_EXPIRATION = Duration.ofMinutes(1);

  private static final class TestClock extends Clock {
    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Instant instant() {
      return Clock.systemUTC().instant().plus(ahead.get());
    }
  }

  private final Path root;
  private final MemoryStore store = new MemoryStore();
  private final TestClock clock = new TestClock();
  private Path folder;
  private @Nullable Broker broker;
  private @Nullable Socket socket;
  private int crashes;
  private final RawRequests requests = new RawRequests();

  private TestHub(Path root) {
    this.root = root;
    this.folder = root.resolve("logs0");
  }

  public static TestHub start(Path root) {
    var hub = new TestHub(root);
    hub.start();
    return hub;
  }

  public void start() {
    start(0);
  }

  /** Stops in order and starts again, at the same address. */
  public void restart() {
    int port = Objects.requireNonNull(broker).address().port();
    stop();
    start(port);
  }

  private void start(int port) {
    broker =
        Broker.start(
            new Broker.Settings(
                1,
                folder,
                new HostPort("127.0.0.1", port),
                Optional.empty(),
                1 << 20,
                NetSettings.DEFAULTS,
                false,
                1,
                1,
                Map.of(),
                new GroupSettings(2, Duration.ZERO),
                new TransactionSettings(
                    2, LONGEST_TRANSACTION, ID_EXPIRATION, Duration.ofMillis(20)),
                FileLogSettings.DEFAULTS,
                MetricsSettings.DEFAULTS),
            store,
            new SimpleMeterRegistry(),
            new Health(),
            clock);
  }

  public void stop() {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    socket = null;
    Objects.requireNonNull(broker).close();
    broker = null;
  }

  /** Stops it, and leaves on the disk what there was at this moment. */
  public void crash() throws IOException {
    Path image = root.resolve("logs" + ++crashes);
    copy(folder, image);
    stop();
    folder = image;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  public Path folder(TopicPartition partition) {
    return folder.resolve(partition.toString());
  }

  /** Changes the logs of a hub that is stopped. */
  public void edit(Consumer<LogEngine> change) throws IOException {
    var configs = new TopicConfigs(Map.of());
    try (var engine =
        FileLogEngine.open(
            folder,
            FileLogSettings.DEFAULTS,
            new LogMetrics(new SimpleMeterRegistry()),
            Time.SYSTEM)) {
      for (Topic topic : store.load().topics()) {
        for (Partition partition : topic.partitions()) {
          var _ =
              engine.create(
                  new TopicPartition(topic.name(), partition.index()),
                  topic.id(),
                  configs.effective(topic.configs()));
        }
      }
      change.accept(engine);
    }
    Files.deleteIfExists(folder.resolve(".kafka_cleanshutdown"));
  }

  /** Deletes a topic while the hub is stopped. */
  public void forget(String topic) {
    CatalogStore.Contents contents = store.load();
    Topic gone =
        contents.topics().stream().filter(one -> one.name().equals(topic)).findAny().orElseThrow();
    var _ = store.write(contents.topicsVersion(), gone, null);
  }

  public void pass(Duration time) {
    var _ = clock.ahead.updateAndGet(ahead -> ahead.plus(time));
  }

  public Clock clock() {
    return clock;
  }

  public String address() {
    return Objects.requireNonNull(broker).address().toString();
  }

  public Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", address()));
  }

  public KafkaProducer<String, String> producer(Map<String, Object> more) {
    var config = new HashMap<String, Object>(more);
    config.put("bootstrap.servers", address());
    return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
  }

  public KafkaConsumer<String, String> consumer(Map<String, Object> more) {
    var config = new HashMap<String, Object>(more);
    config.put("bootstrap.servers", address());
    config.putIfAbsent("auto.offset.reset", "earliest");
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }

  /** Whoever does so first has the topics of groups and transactions made. */
  public void askForCoordinator() throws IOException {
    var request = new FindCoordinatorRequestData().setCoordinatorKeys(List.of("any"));
    AbstractResponse answer = send(ApiKeys.FIND_COORDINATOR, 4, request);
    assertThat(answer.errorCounts()).containsOnlyKeys(Errors.NONE);
  }

  /** Sends one request and reads the answer. */
  public AbstractResponse send(ApiKeys key, int version, ApiMessage body) throws IOException {
    if (socket == null) {
      socket =
          new Socket(
              InetAddress.getLoopbackAddress(), Objects.requireNonNull(broker).address().port());
      socket.setSoTimeout(20_000);
    }
    return requests.send(socket, key, version, body);
  }

  @Override
  public void close() {
    if (broker != null) {
      stop();
    }
  }
}
