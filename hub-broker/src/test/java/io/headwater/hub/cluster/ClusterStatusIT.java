package io.headwater.hub.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.hub.MetricsPage;
import io.headwater.hub.Scrape;
import io.headwater.testsupport.ChildProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What three nodes tell of their cluster while one after the other dies. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ClusterStatusIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PARTITIONS = 6;

  @TempDir private Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private HubNodes nodes;

  @BeforeEach
  void start() {
    nodes = HubNodes.start(folder, 3, "metrics.interval=500ms");
  }

  @AfterEach
  void stop() {
    http.close();
    if (nodes != null) {
      nodes.close();
    }
  }

  /** What a command has printed, and its exit code. */
  private record Told(int code, String output) {
    /** Of the line that is JSON: what libraries log may stand beside it. */
    JsonNode json() throws IOException {
      return JSON.readTree(
          output.lines().filter(line -> line.startsWith("{")).findFirst().orElseThrow());
    }
  }

  private Told status(String... arguments) {
    try (ChildProcess command = nodes.status(arguments)) {
      int code = command.awaitExit(LIMIT);
      return new Told(code, command.output());
    }
  }

  private Scrape metrics(int node) throws Exception {
    return Scrape.of(http, nodes.http(node), "/metrics");
  }

  private String page(int node, String path) throws Exception {
    var request = HttpRequest.newBuilder(URI.create("http://" + nodes.http(node) + path)).build();
    return http.send(request, BodyHandlers.ofString()).body();
  }

  private static void await(ThrowingRunnable expectation) {
    ConditionFactory wait = Awaitility.await().atMost(LIMIT);
    wait.pollInterval(Duration.ofMillis(200)).untilAsserted(expectation);
  }

  private void fill() throws Exception {
    try (var admin = nodes.admin();
        var producer =
            new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", nodes.bootstrap()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
      admin.createTopics(List.of(new NewTopic("t", PARTITIONS, (short) 3))).all().get();
      for (int partition = 0; partition < PARTITIONS; partition++) {
        producer.send(new ProducerRecord<>("t", partition, null, new byte[10])).get();
      }
    }
  }

  /** A file that names the cluster as that of each node does. */
  private Path config() throws IOException {
    var members = new StringBuilder();
    for (int id = 1; id <= 3; id++) {
      String client = nodes.zookeeper(id);
      members.append(
          "    %d: 127.0.0.1:%d:%d;%s\n"
              .formatted(id, 60_000 + id, 61_000 + id, client.substring(client.indexOf(':') + 1)));
    }
    return Files.writeString(
        folder.resolve("hub.yaml"), "node-id: 1\ncluster:\n  zookeeper:\n" + members);
  }

  @Test
  void tellsWhoIsMissingAndWhatToDo() throws Exception {
    fill();
    theClusterIsWhole();

    nodes.kill(2);
    oneIsMissed();

    nodes.kill(3);
    thereIsNoMajority();
  }

  private void theClusterIsWhole() throws Exception {
    // The members that it is not given are in ZooKeeper's own configuration.
    var last = new AtomicReference<Told>();
    await(() -> {
      Told told = status("--json", "--partitions", "--zookeeper", nodes.zookeeper(1));
      assertThat(told.code()).as(told.output()).isZero();
      last.set(told);
    });
    JsonNode whole = last.get().json();
    assertThat(whole.path("state").asText()).isEqualTo("whole");
    assertThat(whole.path("problems")).isEmpty();
    assertThat(whole.path("zookeeper").findValuesAsText("state"))
        .containsExactlyInAnyOrder("leader", "follower", "follower");
    assertThat(whole.path("controller").asInt()).isBetween(1, 3);
    assertThat(whole.path("brokers").findValuesAsText("state"))
        .containsExactly("serving", "serving", "serving");
    assertThat(sum(whole.path("brokers"), "partitions")).isEqualTo(PARTITIONS);
    assertThat(whole.path("bookies").findValuesAsText("state"))
        .containsExactly("writable", "writable", "writable");
    assertThat(whole.path("recovery").path("auditor").asText()).startsWith("127.0.0.1:");
    JsonNode partitions = whole.path("partitions").path("list");
    assertThat(partitions).hasSize(PARTITIONS);
    assertThat(partitions)
        .allSatisfy(one -> {
          assertThat(one.path("state").asText()).isEqualTo("led");
          assertThat(one.path("owner")).isEqualTo(one.path("leader"));
        });

    Map<String, MetricsPage.Row> page = MetricsPage.read();
    double led = 0;
    double controllers = 0;
    for (int node = 1; node <= 3; node++) {
      Scrape scrape = metrics(node);
      led += scrape.one("hub_cluster_led_partitions");
      controllers += scrape.one("hub_cluster_controller");
      assertThat(scrape.one("hub_cluster_zookeeper_session")).isOne();
      assertThat(scrape.one("hub_cluster_zookeeper_contact_seconds")).isBetween(0.0, 3.0);
      assertThat(scrape.one("hub_cluster_bookies", "state", "writable")).isEqualTo(3);
      assertThat(page(node, "/cluster")).startsWith("cluster ").contains("is whole");
      MetricsPage.assertTold(scrape, page);
      assertThat(MetricsPage.rows(scrape, page).keySet())
          .containsAll(
              page.keySet().stream()
                  .filter(name -> name.startsWith(MetricsPage.OF_A_CLUSTER))
                  .toList());
    }
    assertThat(led).isEqualTo(PARTITIONS);
    assertThat(controllers).isOne();
  }

  private static int sum(JsonNode rows, String field) {
    int sum = 0;
    for (JsonNode row : rows) {
      sum += row.path(field).asInt();
    }
    return sum;
  }

  private void oneIsMissed() throws Exception {
    await(() -> {
      Scrape scrape = metrics(1);
      assertThat(scrape.one("hub_cluster_missing_brokers")).isOne();
      assertThat(scrape.one("hub_cluster_bookies", "state", "gone")).isOne();
      assertThat(scrape.one("hub_cluster_bookies", "state", "writable")).isEqualTo(2);
      assertThat(scrape.one("hub_cluster_zookeeper_members", "state", "unreachable")).isOne();
      assertThat(scrape.one("hub_cluster_leaderless_partitions")).isZero();
      assertThat(scrape.one("hub_cluster_leader_changes_total")).isPositive();
      assertThat(scrape.one("hub_cluster_takeover_seconds_count")).isPositive();
    });
    JsonNode page = JSON.readTree(page(3, "/cluster.json"));
    assertThat(page.path("state").asText()).isEqualTo("degraded");
    assertThat(page(3, "/cluster")).contains("is degraded");

    Told told = status("--config", config().toString());
    assertThat(told.code()).as(told.output()).isOne();
    assertThat(told.output())
        .contains("is degraded")
        .contains("broker 2 is not registered")
        .contains("-> start node 2")
        .contains("ZooKeeper member " + nodes.zookeeper(2) + " is not there: connection refused")
        .containsPattern("bookie \\S+ is gone, and \\d+ ledgers? ha(s|ve) a copy on it")
        .contains("without a leader: 0");
  }

  private void thereIsNoMajority() throws Exception {
    Told told = status("--config", config().toString());
    assertThat(told.code()).as(told.output()).isOne();
    assertThat(told.output())
        .contains("cluster cannot be looked at")
        .contains("ZooKeeper has no majority: 1 of its 3 members is there, and 2 are needed")
        .contains("start the nodes of " + nodes.zookeeper(2) + ", " + nodes.zookeeper(3));
    await(() -> {
      assertThat(JSON.readTree(page(1, "/cluster.json")).path("state").asText())
          .isEqualTo("unknown");
      Scrape scrape = metrics(1);
      assertThat(scrape.one("hub_cluster_zookeeper_session")).isZero();
      assertThat(scrape.one("hub_cluster_bookies", "state", "writable")).isNaN();
      assertThat(scrape.one("hub_cluster_zookeeper_members", "state", "not-serving")).isOne();
    });
  }
}
