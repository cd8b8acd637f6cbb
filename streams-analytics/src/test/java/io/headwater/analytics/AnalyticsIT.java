package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.analytics.Results.Result;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.FreePorts;
import io.headwater.testsupport.Headwater;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The process as users start it, with the example files, against a real hub. */
@Timeout(180)
class AnalyticsIT {
  private static final Duration START = Duration.ofSeconds(60);

  /** Far longer than a restart takes, so that waiting for it shows. */
  private static final Duration SESSION = Duration.ofMinutes(2);

  private static final int KEYS = 5;

  /** The start of a window; recent, because the hub soon deletes what is older than retention. */
  private static final long T0 = System.currentTimeMillis() / 10_000 * 10_000 - 600_000;

  @TempDir private Path folder;

  @Test
  void windowsAreRightAgainRightAfterTheProcessWasKilled() throws Exception {
    try (var hub = startHub("0")) {
      String address = address(hub);
      var newest = new HashMap<String, Result>();
      try (var producer = producer(address);
          var first = startAnalytics(address);
          var results = consumer(address)) {
        publish(producer, 0, 20);
        awaitCounts(results, newest, 20);
        first.kill();
        // Readings go on while nothing computes.
        publish(producer, 20, 30);

        try (var second = startAnalytics(address)) {
          long started = System.nanoTime();
          awaitCounts(results, newest, 30);
          assertThat(Duration.ofNanos(System.nanoTime() - started))
              .as("the killed process' session must not be waited for\n%s", second.output())
              .isLessThan(SESSION.dividedBy(2));
          publish(producer, 30, 40);
          awaitCounts(results, newest, 40);

          String http = Objects.requireNonNull(second.awaitReady(START).get("http"));
          awaitHealth(http, 200);
          assertThat(get(http, "/metrics").body())
              .containsPattern("analytics_results_total\\{query=\"temperature-10s\"\\} [1-9]");
          assertThat(second.terminate()).isEqualTo(143);
        }
      }
    }
  }

  @Test
  void waitsForTheHubAndComesBackByItselfWhenItWasAway() throws Exception {
    int port = FreePorts.take();
    String address = "127.0.0.1:" + port;
    try (var analytics = startAnalytics(address)) {
      String http = Objects.requireNonNull(analytics.awaitReady(START).get("http"));
      awaitHealth(http, 503);
      assertThat(get(http, "/health").body()).contains("hub " + address + " has not answered");

      var newest = new HashMap<String, Result>();
      try (var hub = startHub(Integer.toString(port))) {
        hub.awaitReady(START);
        awaitHealth(http, 200);
        try (var producer = producer(address);
            var results = consumer(address)) {
          publish(producer, 0, 10);
          awaitCounts(results, newest, 10);
        }
        hub.kill();
      }
      awaitHealth(http, 503);

      try (var hub = startHub(Integer.toString(port))) {
        hub.awaitReady(START);
        awaitHealth(http, 200);
        try (var producer = producer(address);
            var results = consumer(address)) {
          publish(producer, 10, 20);
          awaitCounts(results, newest, 20);
        }
      }
      assertThat(analytics.terminate()).isEqualTo(143);
    }
  }

  private ChildProcess startHub(String port) {
    return Headwater.start(
        folder,
        "hub",
        "--data",
        folder.resolve("hub").toString(),
        "--port",
        port,
        "--set",
        "http=127.0.0.1:0",
        "--set",
        "zookeeper=127.0.0.1:0");
  }

  private static String address(ChildProcess hub) {
    return Objects.requireNonNull(hub.awaitReady(START).get("kafka"));
  }

  private ChildProcess startAnalytics(String hub) {
    Path examples = Headwater.home().resolve("streams-analytics/examples");
    return Headwater.start(
        folder,
        "analytics",
        "--config",
        examples.resolve("analytics.yaml").toString(),
        "--queries",
        examples.resolve("demo-queries.yaml").toString(),
        "--data",
        folder.resolve("analytics").toString(),
        "--hub",
        hub,
        "--http",
        "127.0.0.1:0",
        "--set",
        "session-timeout=" + SESSION.toSeconds() + "s");
  }

  /** Readings of all keys; with 10 readings to a window, half of them bare numbers. */
  private static void publish(KafkaProducer<String, String> producer, int from, int to) {
    for (int i = from; i < to; i++) {
      for (int key = 0; key < KEYS; key++) {
        String payload =
            i % 2 == 0 ? "" + i : "{\"device\":\"dev" + key + "\",\"value\":" + i + "}";
        producer.send(
            new ProducerRecord<>(
                "sensors.temperature", null, T0 + i * 1_000L, "dev" + key, payload));
      }
    }
    producer.flush();
  }

  /** Until the newest results of all windows stand for the first {@code readings} of each key. */
  private static void awaitCounts(
      KafkaConsumer<String, String> consumer, Map<String, Result> newest, int readings) {
    await()
        .atMost(Duration.ofSeconds(60))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(() -> {
          for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
            Result result = Results.parse(record.value());
            assertThat(record.key()).isEqualTo(result.key());
            newest.put(result.key() + "@" + result.start(), result);
          }
          assertThat(newest).hasSize(KEYS * readings / 10);
          assertThat(newest.values())
              .allSatisfy(result -> {
                double first = (result.start().toEpochMilli() - T0) / 1_000.0;
                assertThat(result.count()).isEqualTo(10);
                assertThat(result.min()).isEqualTo(first);
                assertThat(result.max()).isEqualTo(first + 9);
                assertThat(result.mean()).isEqualTo(first + 4.5);
              });
        });
  }

  private static KafkaProducer<String, String> producer(String hub) {
    return new KafkaProducer<>(
        Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, hub, ProducerConfig.LINGER_MS_CONFIG, 5),
        new StringSerializer(),
        new StringSerializer());
  }

  /** Reads results, once there is a topic for them. */
  private static KafkaConsumer<String, String> consumer(String hub) {
    String topic = "analytics.temperature-10s";
    try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, hub))) {
      await().atMost(START).until(() -> admin.listTopics().names().get().contains(topic));
    }
    return AnalyticsFixture.consumer(hub, topic);
  }

  private static void awaitHealth(String http, int status) {
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(() -> {
          HttpResponse<String> answer = get(http, "/health");
          assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        });
  }

  private static HttpResponse<String> get(String http, String path) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://" + http + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }
}
