package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.process.Main;
import io.headwater.process.UserError;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A real hub, and processes with one query of windows of ten seconds over it. */
abstract class AnalyticsFixture {
  static final Duration START = Duration.ofSeconds(100);
  static final JsonMapper JSON = JsonMapper.builder().build();
  static final int KEYS = 12;
  static final String TEMPERATURE =
      "{name: temperature, from: readings, window: {tumbling: 10s}, aggregates: [count, max]}";

  /** The start of a minute; recent, because the hub soon deletes what is older than retention. */
  static final long T0 = System.currentTimeMillis() / 60_000 * 60_000 - 600_000;

  /**
   * What {@code headwater analytics run} printed.
   *
   * @param told beside the results
   */
  record LookedBack(int exitCode, List<String> lines, String told) {
    List<JsonNode> json() throws Exception {
      var all = new ArrayList<JsonNode>();
      for (String line : lines) {
        all.add(JSON.readTree(line));
      }
      return all;
    }
  }

  @TempDir Path folder;
  final HttpClient http = HttpClient.newHttpClient();
  private final List<AutoCloseable> opened = new ArrayList<>();
  String hub = "";

  @BeforeEach
  void startHub() throws Exception {
    opened.add(http);
    hub = startBroker(opened);
    try (Admin admin =
        Admin.create(
            Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                hub,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                (int) START.toMillis()))) {
      admin
          .createTopics(List.of(new NewTopic("readings", Optional.of(4), Optional.empty())))
          .all()
          .get();
    }
    declare(TEMPERATURE);
  }

  /**
   * Starts what queries run over.
   *
   * @param ended takes what is to be closed
   * @return its address
   */
  String startBroker(List<AutoCloseable> ended) throws Exception {
    ChildProcess process = Headwater.startHub(folder);
    ended.add(process);
    return Objects.requireNonNull(process.awaitReady(START).get("kafka"));
  }

  /** Kills what the queries run over, the first process that was started. */
  void killBroker() {
    opened.stream()
        .filter(ChildProcess.class::isInstance)
        .map(ChildProcess.class::cast)
        .findFirst()
        .orElseThrow()
        .kill();
  }

  /** Writes the query file. */
  void declare(String... queries) throws Exception {
    Files.writeString(
        folder.resolve("queries.yaml"), "queries:\n  - " + String.join("\n  - ", queries) + "\n");
  }

  @AfterEach
  void stopAll() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  ChildProcess startAnalytics(String name) {
    ChildProcess process =
        Headwater.start(
            folder,
            "analytics",
            "--data=" + folder.resolve(name),
            "--hub=" + hub,
            "--queries=" + folder.resolve("queries.yaml"),
            "--http=127.0.0.1:0",
            "--set=session-timeout=6s");
    opened.add(process);
    return process;
  }

  static String address(ChildProcess analytics) {
    return Objects.requireNonNull(analytics.awaitReady(START).get("http"));
  }

  void awaitWindows(String address, int windows) {
    await()
        .atMost(START)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(() -> {
          HttpResponse<String> answer = get(address, "/api/results/temperature");
          assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
          JsonNode all = json(answer);
          assertThat(all.has("missing")).as(answer.body()).isFalse();
          assertThat(all.path("results")).hasSize(windows);
          all.path("results").forEach(each -> assertThat(each.path("count").asInt()).isEqualTo(10));
        });
  }

  static Instant time(int second) {
    return Instant.ofEpochMilli(T0 + second * 1_000L);
  }

  void publish(int from, int to) throws Exception {
    try (var producer = producer()) {
      var sent = new ArrayList<Future<RecordMetadata>>();
      for (int i = from; i < to; i++) {
        for (int key = 0; key < KEYS; key++) {
          sent.add(
              producer.send(
                  new ProducerRecord<>("readings", null, T0 + i * 1_000L, "dev" + key, "" + i)));
        }
      }
      for (Future<RecordMetadata> each : sent) {
        each.get();
      }
    }
  }

  void publishText(String key, String text, long time) throws Exception {
    try (var producer = producer()) {
      producer.send(new ProducerRecord<>("readings", null, time, key, text)).get();
    }
  }

  KafkaProducer<String, String> producer() {
    return new KafkaProducer<>(
        Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, hub, ProducerConfig.LINGER_MS_CONFIG, 5),
        new StringSerializer(),
        new StringSerializer());
  }

  /** Reads what is committed to a topic, from its beginning on; nothing, if it is not there. */
  KafkaConsumer<String, String> consumer(String topic) {
    return consumer(hub, topic);
  }

  static KafkaConsumer<String, String> consumer(String hub, String topic) {
    var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                hub,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                false),
            new StringDeserializer(),
            new StringDeserializer());
    consumer.assign(
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList());
    return consumer;
  }

  HttpResponse<String> get(String address, String path, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(URI.create("http://" + address + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  /** {@code headwater analytics run} over what the hub has now. */
  LookedBack lookBack(String query, String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    var all = new ArrayList<>(List.of("run", query, "--hub", hub));
    all.add("--queries=" + folder.resolve("queries.yaml"));
    all.addAll(List.of(arguments));
    int exitCode =
        Main.commandLine(new AnalyticsMain())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .setExecutionExceptionHandler((failure, _, _) -> {
              if (failure instanceof UserError error) {
                err.write(String.valueOf(error.getMessage()));
                return error.exitCode();
              }
              throw failure;
            })
            .execute(all.toArray(String[]::new));
    return new LookedBack(exitCode, out.toString().lines().toList(), err.toString());
  }

  static JsonNode json(HttpResponse<String> answer) throws Exception {
    return JSON.readTree(answer.body());
  }

  static void assertError(HttpResponse<String> answer, int status, String text) throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(json(answer).path("error").asText()).contains(text);
  }
}
