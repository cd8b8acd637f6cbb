package io.headwater.edge.mqtt;

import static io.headwater.edge.mqtt.Packets.publish;
import static io.headwater.edge.mqtt.Packets.subscribe;
import static io.headwater.edge.mqtt.RawClient.hex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.headwater.edge.log.LogSettings;
import io.headwater.process.ByteSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the server tells of itself. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SysTopicsTest {
  @TempDir Path folder;

  private TestServer server(int sysSeconds) {
    var server =
        new TestServer(
            folder,
            new MqttSettings(
                1000,
                ByteSize.ofKibibytes(256),
                512,
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                Duration.ZERO,
                Duration.ofSeconds(sysSeconds),
                MqttLimits.DEFAULTS),
            LogSettings.DEFAULTS);
    server.tellOfItself();
    return server;
  }

  /** The values that come until one has come a second time, or the answer to a ping. */
  private static Map<String, String> values(RawClient client) throws IOException {
    var values = new LinkedHashMap<String, String>();
    client.send(RawClient.ping());
    for (String packet = client.receive(); !packet.equals("d000"); packet = client.receive()) {
      put(values, packet);
    }
    return values;
  }

  private static String put(Map<String, String> values, String packet) {
    byte[] body = HexFormat.of().parseHex(packet.substring(4));
    int length = body[1];
    String topic = new String(body, 2, length, StandardCharsets.UTF_8);
    values.put(
        topic, new String(body, length + 3, body.length - length - 3, StandardCharsets.UTF_8));
    return topic;
  }

  /** Subscribes anew until all is there. */
  private static Map<String, String> all(TestServer server, String filter) throws IOException {
    Map<String, String> values = Map.of();
    while (!values.containsKey("$SYS/headwater/log/last-commit")) {
      try (RawClient client = server.client().connected(5, "looker")) {
        client.send(subscribe(1, filter, 0, 0));
        assertThat(client.receive()).startsWith("90");
        values = values(client);
      }
    }
    return values;
  }

  @Test
  void newestValuesComeToWhoSubscribesAndNothingIsLogged() throws IOException {
    try (TestServer server = server(1);
        RawClient sensor = server.client().connected(5, "sensor")) {
      sensor.send(publish(2 | 1, 1, "t", "x"));
      assertThat(sensor.receive()).startsWith("40");
      sensor.send(subscribe(2, "#", 0, 0));
      assertThat(sensor.receive()).startsWith("90");
      assertThat(sensor.receive()).as("retained").startsWith("31");
      try (RawClient client = server.client().connected(5, "follower")) {
        client.send(subscribe(1, "$SYS/broker/uptime", 0, 0));
        assertThat(client.receive()).startsWith("90");
        Map<String, String> uptimes = new LinkedHashMap<>();
        String first = client.receive();
        put(uptimes, first);
        String before = uptimes.get("$SYS/broker/uptime");
        String next = client.receive();
        assertThat(next).as("live, not retained").startsWith("30");
        put(uptimes, next);
        assertThat(uptimes.get("$SYS/broker/uptime")).isNotEqualTo(before).endsWith(" seconds");
      }
      Map<String, String> values = all(server, "$SYS/#");
      assertThat(values)
          .containsEntry("$SYS/broker/version", "headwater test")
          .containsEntry("$SYS/broker/messages/stored", "1")
          .containsEntry("$SYS/broker/retained messages/count", "1")
          .containsEntry("$SYS/broker/publish/messages/received", "1")
          .containsEntry("$SYS/headwater/log/unsettled", "1");
      assertThat(Integer.parseInt(values.getOrDefault("$SYS/broker/clients/connected", "")))
          .isPositive();
      assertThat(Long.parseLong(values.getOrDefault("$SYS/broker/bytes/received", "")))
          .isGreaterThan(30);
      assertThat(server.rows()).containsExactly("t=x");
      assertThat(sensor.send(RawClient.ping()).receive()).as("# does not fit").isEqualTo("d000");
    }
  }

  @Test
  void nothingIsToldIfItIsOffOrMayNotBeReceived() throws IOException {
    try (TestServer server = server(0);
        RawClient client = server.client().connected(5, "a")) {
      client.send(subscribe(1, "$SYS/#", 0, 0));
      assertThat(client.receive()).startsWith("90");
      assertThat(values(client)).isEmpty();
    }
    Rights none =
        new Rights() {
          @Override
          public String identity() {
            return "";
          }

          @Override
          public boolean mayPublish(String topic) {
            return true;
          }

          @Override
          public boolean maySubscribe(String filter) {
            return true;
          }

          @Override
          public boolean mayReceive(String topic) {
            return topic.equals("$SYS/broker/version");
          }
        };
    try (TestServer server =
            new TestServer(
                folder.resolve("b"),
                _ -> CompletableFuture.completedFuture(new Admission.Admitted(none)));
        RawClient client = server.client().connected(5, "a")) {
      server.tellOfItself();
      client.send(subscribe(1, "$SYS/#", 0, 0));
      assertThat(client.receive()).startsWith("90");
      assertThat(client.receive()).contains(hex("$SYS/broker/version"));
      assertThat(values(client)).isEmpty();
    }
  }

  @Test
  void readmeNamesAllOfThem() throws IOException {
    Set<String> named =
        Pattern.compile("`(\\$SYS/[^`]+)`")
            .matcher(Files.readString(Path.of("README.md")))
            .results()
            .map(each -> each.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    try (TestServer server = server(1)) {
      Set<String> told = all(server, "$SYS/#").keySet();
      assertThat(told)
          .allMatch(topic -> named.stream().anyMatch(each -> Subscriptions.matches(each, topic)));
      assertThat(named)
          .allMatch(each -> told.stream().anyMatch(topic -> Subscriptions.matches(each, topic)));
    }
  }

  @Test
  void loadIsAnAverageAMinute() {
    var load = new LoadAverages();
    for (int i = 1; i <= 600; i++) {
      load.add(i * 100L, 10);
    }
    assertThat(load.values()).containsOnlyKeys("1min", "5min", "15min");
    assertThat(Double.parseDouble(load.values().getOrDefault("15min", "")))
        .isCloseTo(600, within(12.0));
    load.add(60_000, 60);
    assertThat(Double.parseDouble(load.values().getOrDefault("1min", "")))
        .as("a minute of nothing")
        .isCloseTo(600 / Math.E, within(2.0));
  }
}
