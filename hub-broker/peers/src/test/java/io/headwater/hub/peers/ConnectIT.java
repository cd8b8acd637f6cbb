package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headwater.testsupport.ChildProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kafka Connect carries the lines of a file through the hub into another file. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ConnectIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private static Path folder;
  private static PeerHub hub;

  @BeforeAll
  static void start() {
    hub = PeerHub.start(folder);
  }

  @AfterAll
  static void stop() {
    hub.close();
  }

  @Test
  void standaloneWorkerGoesOnWhereItStopped() throws Exception {
    Path source = folder.resolve("standalone.in");
    Path sink = folder.resolve("standalone.out");
    Path worker =
        properties(
            "standalone.worker",
            common(Peer.freePort()),
            Map.of("offset.storage.file.filename", folder.resolve("offsets").toString()));
    Path from = properties("standalone.source", source("standalone", source), Map.of());
    Path to = properties("standalone.sink", sink("standalone", sink), Map.of());
    String[] files = {worker.toString(), from.toString(), to.toString()};

    var lines = new ArrayList<String>();
    write(source, lines, 200);
    try (ChildProcess connect = connect("ConnectStandalone", files)) {
      awaitLines(connect, sink, lines);
      connect.terminate();
    }
    write(source, lines, 100);
    try (ChildProcess connect = connect("ConnectStandalone", files)) {
      awaitLines(connect, sink, lines);
      connect.terminate();
    }
    Peer.ok("connect standalone: each of 300 lines once, over a restart of the worker");
  }

  @Test
  void distributedWorkerKeepsItsStateInTheHub() throws Exception {
    Path source = folder.resolve("distributed.in");
    Path sink = folder.resolve("distributed.out");
    int port = Peer.freePort();
    Path worker = distributed("connect", port);

    var lines = new ArrayList<String>();
    write(source, lines, 200);
    try (ChildProcess connect = connect("ConnectDistributed", worker.toString());
        var rest = new Rest(port)) {
      rest.awaitServing(connect);
      rest.put("distributed-source", source("distributed", source));
      rest.put("distributed-sink", sink("distributed", sink));
      awaitLines(connect, sink, lines);
      connect.terminate();
    }
    Peer.ok("connect distributed: lines go through");
    assertCompacted("connect-config", "connect-offset", "connect-status");
    Peer.ok("connect distributed: made its topics compacted");
    write(source, lines, 100);
    try (ChildProcess connect = connect("ConnectDistributed", worker.toString());
        var rest = new Rest(port)) {
      rest.awaitServing(connect);
      awaitLines(connect, sink, lines); // its connectors are those of before
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(rest.get("/connectors/distributed-source/status"))
                  .contains("\"state\":\"RUNNING\""));
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              // Without keys, each batch goes to one partition or another.
              assertThat(sumOfOffsets(rest.get("/connectors/distributed-sink/offsets")))
                  .isEqualTo(300));
      connect.terminate();
    }
    Peer.ok("connect distributed: goes on where it stopped, with the connectors of before");
  }

  @Test
  void distributedWorkerThatIsKilledLosesNoLine() throws Exception {
    Path source = folder.resolve("killed.in");
    Path sink = folder.resolve("killed.out");
    int port = Peer.freePort();
    Path worker = distributed("killed", port);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", hub.address()))) {
      // One partition: offsets count lines.
      admin.createTopics(List.of(new NewTopic("killed", 1, (short) 1))).all().get();
    }

    try (var lines = new SteadyLines(source);
        var rest = new Rest(port)) {
      try (ChildProcess connect = connect("ConnectDistributed", worker.toString())) {
        rest.awaitServing(connect);
        rest.put("killed-source", source("killed", source));
        rest.put("killed-sink", sink("killed", sink));
        awaitAtLeast(1000 * SteadyLines.BYTES, rest, "killed-source", "position");
        awaitAtLeast(1000, rest, "killed-sink", "kafka_offset");
        connect.kill();
      }
      try (ChildProcess connect = connect("ConnectDistributed", worker.toString())) {
        rest.awaitServing(connect);
        long committed = valueOf(rest.get("/connectors/killed-sink/offsets"), "kafka_offset");
        assertThat(committed).isGreaterThanOrEqualTo(1000);
        awaitAtLeast(committed + 1000, rest, "killed-sink", "kafka_offset");
        long written = lines.stop();
        await()
            .atMost(PATIENCE)
            .untilAsserted(
                () -> assertThat(SteadyLines.in(sink)).as(connect::output).hasSize((int) written));
        // What both connectors had committed has not come once more.
        Map<Integer, Long> seen = SteadyLines.in(sink);
        assertThat(IntStream.range(0, 1000)).allMatch(line -> seen.getOrDefault(line, 0L) == 1);
        connect.terminate();
      }
    }
    Peer.ok("connect distributed: loses no line over a SIGKILL, and knows what it has done");
  }

  private static void awaitAtLeast(long least, Rest rest, String connector, String what) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(valueOf(rest.get("/connectors/" + connector + "/offsets"), what))
                .isGreaterThanOrEqualTo(least));
  }

  /** A number in JSON; 0 where it is not there yet. */
  private static long valueOf(String json, String key) {
    var found = Pattern.compile("\"" + key + "\":(\\d+)").matcher(json);
    return found.find() ? Long.parseLong(found.group(1)) : 0;
  }

  private static Path distributed(String name, int port) throws IOException {
    var more = new HashMap<String, String>();
    more.put("group.id", name);
    more.put("session.timeout.ms", "6000");
    more.put("heartbeat.interval.ms", "2000");
    more.put("scheduled.rebalance.max.delay.ms", "0");
    for (String kept : List.of("config", "offset", "status")) {
      more.put(kept + ".storage.topic", name + "-" + kept);
      more.put(kept + ".storage.replication.factor", "1");
    }
    more.put("offset.storage.partitions", "2");
    more.put("status.storage.partitions", "2");
    return properties(name + ".worker", common(port), more);
  }

  private static long sumOfOffsets(String json) {
    return Pattern.compile("\"kafka_offset\":(\\d+)")
        .matcher(json)
        .results()
        .mapToLong(offset -> Long.parseLong(offset.group(1)))
        .sum();
  }

  private static void assertCompacted(String... topics) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", hub.address()))) {
      for (String topic : topics) {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        var config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        assertThat(Objects.requireNonNull(config).get("cleanup.policy").value())
            .as(topic)
            .isEqualTo("compact");
      }
    }
  }

  private static ChildProcess connect(String program, String... arguments) {
    return Peer.startJava(folder, "org.apache.kafka.connect.cli." + program, arguments);
  }

  private static Map<String, String> common(int port) {
    String text = "org.apache.kafka.connect.storage.StringConverter";
    return Map.of(
        "bootstrap.servers",
        hub.address(),
        "listeners",
        "http://127.0.0.1:" + port,
        "key.converter",
        text,
        "value.converter",
        text,
        "offset.flush.interval.ms",
        "500",
        "plugin.discovery",
        "service_load");
  }

  private static Map<String, String> source(String topic, Path file) {
    return Map.of(
        "name",
        topic + "-source",
        "connector.class",
        "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "tasks.max",
        "1",
        "file",
        file.toString(),
        "topic",
        topic);
  }

  private static Map<String, String> sink(String topic, Path file) {
    return Map.of(
        "name",
        topic + "-sink",
        "connector.class",
        "org.apache.kafka.connect.file.FileStreamSinkConnector",
        "tasks.max",
        "1",
        "file",
        file.toString(),
        "topics",
        topic,
        "consumer.override.metadata.max.age.ms",
        "500",
        "consumer.override.session.timeout.ms",
        "6000");
  }

  private static Path properties(String name, Map<String, String> some, Map<String, String> more)
      throws IOException {
    var lines = new ArrayList<String>();
    some.forEach((key, value) -> lines.add(key + "=" + value));
    more.forEach((key, value) -> lines.add(key + "=" + value));
    return Files.write(folder.resolve(name + ".properties"), lines);
  }

  /** Adds lines to a file and to what is expected. */
  private static void write(Path file, List<String> lines, int count) throws IOException {
    List<String> more =
        IntStream.range(lines.size(), lines.size() + count).mapToObj(n -> "line " + n).toList();
    Files.write(file, more, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    lines.addAll(more);
  }

  private static void awaitLines(ChildProcess connect, Path sink, List<String> lines) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(Files.exists(sink) ? Files.readAllLines(sink) : List.of())
                .as(() -> connect.output())
                .hasSizeGreaterThanOrEqualTo(lines.size()));
    assertThat(sink).hasContent(String.join("\n", lines));
  }

  /** Connect's REST interface. */
  private static final class Rest implements AutoCloseable {
    private final HttpClient client = HttpClient.newHttpClient();
    private final URI base;

    private Rest(int port) {
      base = URI.create("http://127.0.0.1:" + port);
    }

    private void awaitServing(ChildProcess connect) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .failFast(() -> assertThat(connect.isAlive()).as(connect.output()).isTrue())
          .until(() -> get("/connectors") != null);
    }

    private String get(String path) throws IOException, InterruptedException {
      return send(HttpRequest.newBuilder(base.resolve(path)).GET());
    }

    private void put(String connector, Map<String, String> config)
        throws IOException, InterruptedException {
      var json = new ArrayList<String>();
      config.forEach((key, value) -> json.add("\"" + key + "\":\"" + value + "\""));
      send(
          HttpRequest.newBuilder(base.resolve("/connectors/" + connector + "/config"))
              .header("Content-Type", "application/json")
              .PUT(HttpRequest.BodyPublishers.ofString("{" + String.join(",", json) + "}")));
    }

    private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
      HttpResponse<String> response =
          client.send(request.timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() / 100 != 2) {
        throw new IOException(response.statusCode() + ": " + response.body());
      }
      return response.body();
    }

    @Override
    public void close() {
      client.close();
    }
  }
}
