package io.headwater.hub.kafka.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.kafka.api.ApiMetrics;
import io.headwater.hub.kafka.api.Dispatcher;
import io.headwater.hub.kafka.api.MetadataHandler;
import io.headwater.hub.kafka.api.Partitions;
import io.headwater.hub.kafka.api.ProduceHandler;
import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.MemoryStore;
import io.headwater.hub.kafka.metadata.NewTopic;
import io.headwater.hub.kafka.metadata.StoredCatalog;
import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.headwater.hub.kafka.metadata.TopicRules;
import io.headwater.hub.kafka.metrics.ShownTopics;
import io.headwater.hub.kafka.net.KafkaListener;
import io.headwater.hub.kafka.net.NetMetrics;
import io.headwater.hub.kafka.net.NetSettings;
import io.headwater.process.HostPort;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where a slow disk shows, with a real client and a disk that answers when the test says so. */
@Timeout(60)
class StalledDiskTest {
  private static final Duration STALL = Duration.ofMillis(500);

  @TempDir Path folder;
  private final GatedDisk disk = new GatedDisk();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void theTimeOfAStalledDiskIsLogTimeOfProduce() throws Exception {
    try (var catalog =
            new StoredCatalog(
                new MemoryStore(),
                new TopicRules(new TopicConfigs(Map.of()), 1, 1),
                MemoryStore.groupConfigs(),
                1);
        var engine =
            FileLogEngine.open(
                folder, FileLogSettings.DEFAULTS, new LogMetrics(registry), Time.SYSTEM, disk);
        var listener =
            new KafkaListener(
                new HostPort("127.0.0.1", 0),
                1 << 20,
                NetSettings.DEFAULTS,
                new NetMetrics(registry))) {
      HostPort address = listener.address();
      catalog.register(new Broker(1, address.host(), address.port(), null)).join();
      var logs = new TopicLogs(engine, catalog.configs(), 1);
      var shown = new ShownTopics(10, registry);
      catalog.subscribe(logs::apply);
      catalog.subscribe(shown::apply);
      catalog.create(new NewTopic("t", 1, 1, Map.of()), false).join();
      var partitions = new Partitions(engine, catalog, 1);
      listener.serve(
          new Dispatcher(
              List.of(
                  new MetadataHandler(catalog, partitions, () -> 1, false),
                  new ProduceHandler(
                      partitions,
                      (_, _, _, _, _, _) ->
                          CompletableFuture.completedFuture(VerificationGuard.SENTINEL),
                      new ApiMetrics(registry, shown)))));
      try (var producer =
          new KafkaProducer<>(
              Map.of("bootstrap.servers", address.toString(), "enable.idempotence", false),
              new StringSerializer(),
              new StringSerializer())) {
        producer.send(new ProducerRecord<>("t", 0, "k", "loads classes")).get();
        awaitAnswered(1);
        double logBefore = millis("log");
        double restBefore = millis("queue") + millis("handle") + millis("send");
        disk.hold();
        var sent = producer.send(new ProducerRecord<>("t", 0, "k", "v"));
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(disk::isAwaited);
        long held = System.nanoTime();
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> System.nanoTime() - held > STALL.toNanos());
        assertThat(sent).isNotDone();
        disk.release();
        sent.get(20, TimeUnit.SECONDS);
        awaitAnswered(2);
        double log = millis("log") - logBefore;
        assertThat(log).isGreaterThan((double) STALL.toMillis());
        assertThat(millis("queue") + millis("handle") + millis("send") - restBefore)
            .isLessThan(log);
      }
      assertThat(registry.get("hub.log.force").tag("of", "file").timer().max(TimeUnit.MILLISECONDS))
          .isGreaterThan((double) STALL.toMillis());
    }
  }

  /** A client may have its answer before it is counted. */
  private void awaitAnswered(int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> registry.get("hub.request").tag("api", "Produce").timer().count() == count);
  }

  private double millis(String stage) {
    return registry
        .get("hub.request.stage")
        .tag("api", "Produce")
        .tag("stage", stage)
        .timer()
        .totalTime(TimeUnit.MILLISECONDS);
  }
}
