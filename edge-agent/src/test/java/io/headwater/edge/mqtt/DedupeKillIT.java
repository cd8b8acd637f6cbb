package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.LogSettings;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A resend is known over reconnects, SIGKILL and new files of the log, and acknowledged. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class DedupeKillIT {
  private static final String READING = "{\"v\": 1, \"meta\": {\"id\": \"r1\"}}";

  @TempDir private Path folder;

  private Path config() throws IOException {
    return Files.writeString(
        folder.resolve("edge.yaml"),
        """
        data: %s
        listen: {mqtt: "127.0.0.1:0"}
        http: 127.0.0.1:0
        log: {file-size: 64KiB}
        uplink: {bridges: ["localhost:1"]}
        routes:
          - {topic: "json/#", stream: json, key: k, dedupe: {json: /meta/id, window: 10m}}
          - {topic: "property/#", stream: property, key: k, dedupe: {property: id, window: 10m}}
        """
            .formatted(folder.resolve("edge")));
  }

  private ChildProcess start() throws IOException {
    return Headwater.start(folder, "edge", "--config=" + config());
  }

  private static RawClient connect(ChildProcess agent, int level) throws IOException {
    String address = agent.awaitReady(Duration.ofSeconds(30)).getOrDefault("mqtt", "");
    return RawClient.open(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)))
        .connected(level, "sensor");
  }

  private static void sendJson(RawClient client, int packetId, String payload) throws IOException {
    client.send(RawClient.publish(4, 1, packetId, "json/x", payload));
    assertThat(client.receive()).isEqualTo("4002%04x".formatted(packetId));
  }

  /** An MQTT 5 publish at QoS 1 with a user property. */
  private static byte[] publishWithId(int packetId, String id, String payload) {
    var properties = new ByteArrayOutputStream();
    properties.write(0x26);
    text(properties, "id");
    text(properties, id);
    var body = new ByteArrayOutputStream();
    text(body, "property/x");
    body.write(packetId >> 8);
    body.write(packetId);
    body.write(properties.size());
    body.writeBytes(properties.toByteArray());
    body.writeBytes(payload.getBytes(StandardCharsets.UTF_8));
    return RawClient.packet(0x32, body.toByteArray());
  }

  private static void text(ByteArrayOutputStream out, String text) {
    out.write(text.length() >> 8);
    out.write(text.length());
    out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void oneRowHoweverOftenItIsSent() throws Exception {
    try (ChildProcess agent = start()) {
      try (RawClient client = connect(agent, 4)) {
        // Two at once, at other QoS, and by a new connection.
        client.send(
            RawClient.publish(4, 1, 1, "json/x", READING),
            RawClient.publish(4, 1, 2, "json/x", READING),
            RawClient.publish(4, 0, 0, "json/x", READING),
            RawClient.publish(4, 2, 3, "json/x", READING));
        assertThat(client.receive()).isEqualTo("40020001");
        assertThat(client.receive()).isEqualTo("40020002");
        assertThat(client.receive()).isEqualTo("50020003");
        for (String garbage : List.of("{", "no json", "{\"meta\": {}}")) {
          sendJson(client, 4, garbage);
          sendJson(client, 5, garbage);
        }
      }
      try (RawClient client = connect(agent, 5)) {
        client.send(publishWithId(1, "p1", "property"), publishWithId(2, "p1", "property"));
        assertThat(client.receive()).startsWith("40").contains("0001");
        assertThat(client.receive()).startsWith("40").contains("0002");
      }
      agent.kill();
    }
    try (ChildProcess agent = start()) {
      try (RawClient client = connect(agent, 4)) {
        sendJson(client, 1, READING);
        for (int i = 0; i < 300; i++) {
          sendJson(
              client, 2, "{\"meta\": {\"id\": " + i + "}, \"fill\": \"" + "x".repeat(600) + "\"}");
        }
        awaitSecondFile();
        sendJson(client, 3, READING);
      }
      agent.kill();
    }
    try (ChildProcess agent = start();
        RawClient client = connect(agent, 4)) {
      sendJson(client, 1, READING);
      sendJson(client, 2, "{\"meta\": {\"id\": 299}, \"fill\": \"again\"}");
      agent.kill();
    }
    List<String> values = values(folder.resolve("edge").resolve("log"));
    assertThat(values).filteredOn(READING::equals).hasSize(1);
    assertThat(values).filteredOn("property"::equals).hasSize(1);
    assertThat(values).filteredOn(value -> value.contains("fill")).hasSize(300);
    assertThat(values).filteredOn("no json"::equals).as("without an identifier").hasSize(2);
  }

  /** The agent looks once a second whether its file is full: the resends must come behind that. */
  private void awaitSecondFile() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      try (var files = Files.list(folder.resolve("edge").resolve("log"))) {
        if (files.filter(file -> file.toString().endsWith(".edgelog")).count() > 1) {
          return;
        }
      }
      assertThat(System.nanoTime()).as("a second file of the log by now").isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static List<String> values(Path folder) {
    var values = new ArrayList<String>();
    try (EdgeLog log =
        EdgeLog.open(folder, LogSettings.DEFAULTS, new EdgeLogMetrics(new SimpleMeterRegistry()))) {
      long next = 1;
      for (List<LogRow> rows = log.rows(next, 500, 1 << 20).rows();
          !rows.isEmpty();
          rows = log.rows(next, 500, 1 << 20).rows()) {
        rows.forEach(row -> values.add(new String(row.value(), StandardCharsets.UTF_8)));
        next = rows.getLast().seq() + 1;
      }
    }
    return values;
  }
}
