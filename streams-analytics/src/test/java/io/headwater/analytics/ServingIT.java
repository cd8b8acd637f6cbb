package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a running process answers, alone and as one of two, with a real hub. */
@Timeout(300)
class ServingIT {
  private static final Duration START = Duration.ofSeconds(100);
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int KEYS = 12;

  /** The start of a window; recent, because the hub soon deletes what is older than retention. */
  private static final long T0 = System.currentTimeMillis() / 10_000 * 10_000 - 600_000;

  @TempDir private Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private String hub = "";

  @BeforeEach
  void startHub() throws Exception {
    opened.add(http);
    ChildProcess process = Headwater.startHub(folder);
    opened.add(process);
    hub = Objects.requireNonNull(process.awaitReady(START).get("kafka"));
    try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, hub))) {
      admin
          .createTopics(List.of(new NewTopic("readings", Optional.of(4), Optional.empty())))
          .all()
          .get();
    }
    Files.writeString(
        folder.resolve("queries.yaml"),
        """
        queries:
          - name: temperature
            from: readings
            window: {tumbling: 10s}
            aggregates: [count, max]
        """);
  }

  @AfterEach
  void stopAll() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  @Test
  void answersFromTheStateAndSaysWhatIsWrong() throws Exception {
    publish(0, 30);
    String address = address(startAnalytics("a"));
    awaitWindows(address, KEYS * 3);

    HttpResponse<String> found =
        get(address, "/api/results/temperature?key=dev3&from=" + time(10) + "&to=" + (T0 + 20_000));
    assertThat(JSON.readTree(found.body()))
        .isEqualTo(
            JSON.readTree(
                """
                {"query":"temperature","results":[
                  {"query":"temperature","key":"dev3","start":"%s",
                   "end":"%s","count":10,"max":19.0}]}
                """
                    .formatted(time(10), time(20))));
    JsonNode newest = json(get(address, "/api/results/temperature?key=dev3&limit=2"));
    assertThat(newest.path("results")).hasSize(2);
    assertThat(newest.at("/results/1/max").asDouble()).isEqualTo(29);
    assertThat(newest.path("truncated").asBoolean()).isTrue();

    // What nobody has asked for yet is no error.
    assertThat(json(get(address, "/api/results/temperature?key=dev99")).path("results")).isEmpty();
    assertError(get(address, "/api/results/temprature"), 404, "did you mean 'temperature'?");
    assertError(get(address, "/api/results/temperature?from=then"), 400, "from=then is not a time");
    assertError(get(address, "/api/nothing"), 404, "there are /api/queries");
    assertError(
        http.send(
            HttpRequest.newBuilder(URI.create("http://" + address + "/api/queries"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build(),
            BodyHandlers.ofString()),
        405,
        "GET it");

    publishText("dev1", "no number", T0 + 31_000);
    await()
        .atMost(START)
        .untilAsserted(() ->
            assertThat(json(get(address, "/api/queries/temperature")))
                .isEqualTo(
                    JSON.readTree(
                        """
                        {"name":"temperature","state":"running","from":"readings",
                         "to":"analytics.temperature","lag":0,"dropped":0,"recordsIn":%d,"late":0,
                         "undecodable":1,"results":%s,"restarts":0}
                        """
                            .formatted(
                                KEYS * 30 + 1,
                                json(get(address, "/api/queries")).at("/queries/0/results")))));
  }

  @Test
  void tellsNewResultsAsTheyCome() throws Exception {
    publish(0, 10);
    String address = address(startAnalytics("a"));
    awaitWindows(address, KEYS);

    try (var one = listen(address, "?key=dev3");
        var all = listen(address, "")) {
      one.awaitLine("event: ready");
      all.awaitLine("event: ready");
      publish(10, 20);

      JsonNode result = JSON.readTree(one.awaitLine("data: {\"query\"").substring(6));
      assertThat(result.path("key").asText()).isEqualTo("dev3");
      one.awaitLine("\"start\":\"%s\",\"end\":\"%s\",\"count\":10,".formatted(time(10), time(20)));
      all.awaitLine("\"key\":\"dev7\",\"start\":\"" + time(10));
      assertThat(get(address, "/metrics").body()).contains("analytics_live_clients 2.0");
    }
    assertError(get(address, "/api/results/temprature/stream"), 404, "did you mean");
    assertError(get(address, "/api/results/temperature/stream?from=1"), 400, "unknown parameter");
  }

  @Test
  void servesAPageThatNeedsNoOtherHost() throws Exception {
    String address = address(startAnalytics("a"));

    HttpResponse<String> page = get(address, "/");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
        .startsWith("default-src 'self';");
    var names = Pattern.compile("(?:src|href)=\"([^\"]*)\"").matcher(page.body());
    int files = 0;
    while (names.find()) {
      if (!names.group(1).startsWith("data:")) {
        assertThat(names.group(1)).matches("[a-z./]+");
        // Health may be red, and is there all the same.
        assertThat(get(address, "/" + names.group(1)).statusCode()).isIn(200, 503);
        files++;
      }
    }
    assertThat(files).isEqualTo(7);
    assertThat(get(address, "/uplot.js").body()).contains("uPlot");
    assertThat(get(address, "/nothing").statusCode()).isEqualTo(404);
  }

  @Test
  void findsWindowsThatAnotherInstanceHolds() throws Exception {
    publish(0, 10);
    String a = address(startAnalytics("a"));
    awaitWindows(a, KEYS);
    ChildProcess second = startAnalytics("b");
    String b = address(second);
    awaitBothTakePart(a, b);

    for (String address : List.of(a, b)) {
      awaitWindows(address, KEYS);
      for (int key = 0; key < KEYS; key++) {
        assertThat(json(get(address, "/api/results/temperature?key=dev" + key)).path("results"))
            .hasSize(1);
      }
    }
    // What was sent on is not sent on again, whoever owns it: no key is told by both, and none by
    // nobody.
    var told = new ArrayList<String>();
    for (String address : List.of(a, b)) {
      for (int key = 0; key < KEYS; key++) {
        HttpResponse<String> answer =
            get(address, "/api/results/temperature?key=dev" + key, Peers.FORWARDED, Peers.OWNER);
        if (answer.statusCode() == 200) {
          told.add("dev" + key);
        } else {
          assertError(answer, 503, "does not own key 'dev" + key + "' any more");
          assertThat(answer.headers().firstValue("Retry-After")).contains("1");
        }
      }
    }
    assertThat(told).hasSize(KEYS);
    assertThat(new HashSet<>(told)).hasSize(KEYS);

    // One dies: for its keys there is a clear answer until the other has them.
    second.kill();
    var codes = new HashSet<Integer>();
    await()
        .atMost(START)
        .untilAsserted(() -> {
          for (int key = 0; key < KEYS; key++) {
            HttpResponse<String> answer = get(a, "/api/results/temperature?key=dev" + key);
            codes.add(answer.statusCode());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(json(answer).path("results")).hasSize(1);
          }
        });
    assertThat(codes).containsExactlyInAnyOrder(200, 503);
  }

  /** The lines of a stream of events. */
  private record Listener(BufferedReader lines) implements AutoCloseable {
    String awaitLine(String part) throws Exception {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.contains(part)) {
          return line;
        }
      }
      throw new AssertionError("the stream ended before " + part);
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }

  private Listener listen(String address, String parameters) throws Exception {
    HttpResponse<InputStream> answer =
        http.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://" + address + "/api/results/temperature/stream" + parameters))
                .build(),
            BodyHandlers.ofInputStream());
    assertThat(answer.headers().firstValue("Content-Type")).contains("text/event-stream");
    return new Listener(
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8)));
  }

  private ChildProcess startAnalytics(String name) {
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

  private static String address(ChildProcess analytics) {
    return Objects.requireNonNull(analytics.awaitReady(START).get("http"));
  }

  private void awaitWindows(String address, int windows) {
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

  /** Until each holds something that the other does not. */
  private void awaitBothTakePart(String a, String b) {
    await()
        .atMost(START)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(() -> {
          int sum = 0;
          for (String address : List.of(a, b)) {
            HttpResponse<String> answer =
                get(address, "/api/results/temperature", Peers.FORWARDED, Peers.ALL);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            int size = json(answer).path("results").size();
            assertThat(size).isPositive();
            sum += size;
          }
          assertThat(sum).isEqualTo(KEYS);
        });
  }

  private static Instant time(int second) {
    return Instant.ofEpochMilli(T0 + second * 1_000L);
  }

  private void publish(int from, int to) {
    try (var producer = producer()) {
      for (int i = from; i < to; i++) {
        for (int key = 0; key < KEYS; key++) {
          producer.send(
              new ProducerRecord<>("readings", null, T0 + i * 1_000L, "dev" + key, "" + i));
        }
      }
    }
  }

  private void publishText(String key, String text, long time) {
    try (var producer = producer()) {
      producer.send(new ProducerRecord<>("readings", null, time, key, text));
    }
  }

  private KafkaProducer<String, String> producer() {
    return new KafkaProducer<>(
        Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, hub, ProducerConfig.LINGER_MS_CONFIG, 5),
        new StringSerializer(),
        new StringSerializer());
  }

  private HttpResponse<String> get(String address, String path, String... headers)
      throws Exception {
    var request = HttpRequest.newBuilder(URI.create("http://" + address + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
  }

  private static JsonNode json(HttpResponse<String> answer) throws Exception {
    return JSON.readTree(answer.body());
  }

  private static void assertError(HttpResponse<String> answer, int status, String text)
      throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(json(answer).path("error").asText()).contains(text);
  }
}
