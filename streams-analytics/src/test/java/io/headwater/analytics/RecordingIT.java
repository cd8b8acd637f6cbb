package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import io.headwater.analytics.SqlReference.WindowId;
import io.headwater.process.HostPort;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A year of Seattle's weather, hour by hour, through the whole path: a device publishes it, the
 * edge agent's log keeps it, bridge and hub carry it, and declared queries tell what SQLite makes
 * of the same file.
 *
 * <p>Event time is when the agent took a reading. A device cannot say it, and the agent believes no
 * clock that stands before 2026, so a recording cannot be published with the times of its own. As
 * anybody would who replays one, the queries take the day and the month out of the payload; their
 * windows are of the seconds in which the year is published. Of these SQLite learns from the
 * agent's log, of all else from the file.
 */
@Timeout(300)
class RecordingIT extends AnalyticsFixture {
  private static final String RECORDING = "/recording/seattle-weather-hourly-normals.csv";
  private static final int HOURS = 8_759;
  private static final int HOURS_OF_A_DAY = 24;
  private static final long DAY_MS = Duration.ofDays(1).toMillis();

  /**
   * Else times may be by the bridge's clock: known better by and by, later than the hub has them.
   */
  private static final String TRUSTED = "--set=clock.trust=always";

  private static final String DAYS =
      """
      {name: days, from: sensors.weather,
          decode: {csv: [date, pressure, temperature, wind]}, value: $.temperature,
          fields: {date: {path: $.date, type: text}}, by: "date.substring(0, 10)",
          window: {tumbling: 1d}, aggregates: [%s]}\
      """
          .formatted(String.join(", ", SqlReference.COLUMNS));

  /** Windows in which it was warm, when they have ended; anew if readings were slower than that. */
  private static final String WARM =
      """
      {name: warm, from: sensors.weather,
          decode: {csv: [date, pressure, temperature, wind]},
          fields: {date: {path: $.date, type: text}, celsius: $.temperature,
              fahrenheit: celsius * 9 / 5 + 32},
          by: "date.substring(0, 7)",
          window: {hopping: 2s, every: 1s, grace: 1s}, emit: final, idle: 3s, recompute-after: 1s,
          aggregates: [%s], having: fahrenheit_max > 60}\
      """
          .formatted(
              String.join(", ", SqlReference.COLUMNS)
                  .replaceAll("\\w+", "$0(fahrenheit)")
                  .replace("count(fahrenheit)", "count"));

  /**
   * A row of the agent's log.
   *
   * @param value the payload
   */
  private record Captured(long timeMs, String value) {}

  @Test
  void aYearOfWeatherIsAggregatedAsBySql() throws Exception {
    List<String> lines = recording();
    declare(DAYS, WARM);
    ChildProcess analytics = startAnalytics("analytics");
    try (ChildProcess bridge = start("bridge", "--hub=" + hub);
        ChildProcess edge = start("edge", "--bridge=" + mqtt(bridge), TRUSTED)) {
      awaitRunning(address(analytics));
      publish(lines, mqtt(edge));
      List<Captured> captured = log();
      assertThat(captured.stream().map(Captured::value)).isEqualTo(lines);

      try (var sql = new SqlReference()) {
        load(sql, lines, captured);
        sql.execute(
            """
            INSERT INTO readings
            SELECT line, substr(date, 1, 10), captured, CAST(temperature AS REAL) FROM recording
            """);
        Map<WindowId, Map<String, Double>> days = sql.tumbling(DAY_MS, DAY_MS);
        assertThat(days).hasSizeGreaterThanOrEqualTo(365);
        assertTold("days", new ToldWindows(), days);

        sql.execute("DELETE FROM readings");
        sql.execute(
            """
            INSERT INTO readings
            SELECT line, substr(date, 1, 7), captured, CAST(temperature AS REAL) * 9 / 5 + 32
            FROM recording
            """);
        Map<WindowId, Map<String, Double>> months = sql.hopping(2_000, 1_000, DAY_MS);
        var warm = new HashMap<>(months);
        warm.values().removeIf(window -> Objects.requireNonNull(window.get("max")) <= 60);
        assertThat(warm).isNotEmpty().hasSizeLessThan(months.size());
        assertTold("warm", new ToldWindows("fahrenheit"), warm);
      }
    }
  }

  private static List<String> recording() throws IOException {
    try (var file = Objects.requireNonNull(RecordingIT.class.getResourceAsStream(RECORDING))) {
      List<String> lines =
          new String(file.readAllBytes(), StandardCharsets.UTF_8).lines().skip(1).toList();
      assertThat(lines).hasSize(HOURS);
      return lines;
    }
  }

  private ChildProcess start(String process, String... more) {
    var arguments =
        new ArrayList<>(
            List.of(
                process,
                "--data=" + folder.resolve(process),
                "--port=0",
                "--set=http=127.0.0.1:0"));
    arguments.addAll(List.of(more));
    return Headwater.start(folder, arguments.toArray(String[]::new));
  }

  private static HostPort mqtt(ChildProcess process) {
    return HostPort.parse(Objects.requireNonNull(process.awaitReady(START).get("mqtt")));
  }

  private void awaitRunning(String analytics) {
    await()
        .atMost(START)
        .untilAsserted(() -> {
          JsonNode queries = json(get(analytics, "/api/queries")).path("queries");
          assertThat(queries).hasSize(2);
          queries.forEach(query ->
              assertThat(query.path("state").asText()).as("%s", query).isEqualTo("running"));
        });
  }

  /** Lines as they are, a day after the other; returns when all are acknowledged. */
  private static void publish(List<String> lines, HostPort agent) {
    var client =
        Mqtt5Client.builder()
            .identifier("seattle")
            .serverHost(agent.host())
            .serverPort(agent.port())
            .buildAsync();
    client.connect().join();
    for (int from = 0; from < lines.size(); from += HOURS_OF_A_DAY) {
      CompletableFuture.allOf(
              lines.subList(from, Math.min(from + HOURS_OF_A_DAY, lines.size())).stream()
                  .map(line ->
                      client
                          .publishWith()
                          .topic("sensors/noaa/seattle/weather")
                          .qos(MqttQos.AT_LEAST_ONCE)
                          .payload(line.getBytes(StandardCharsets.UTF_8))
                          .send())
                  .toArray(CompletableFuture<?>[]::new))
          .orTimeout(START.toSeconds(), TimeUnit.SECONDS)
          .join();
    }
    client.disconnect().join();
  }

  /** All that the agent has kept, in the order in which it came. */
  private List<Captured> log() throws IOException {
    try (ChildProcess cat =
        Headwater.start(
            folder, "edge", "log", "cat", "--data=" + folder.resolve("edge"), "--format=json")) {
      assertThat(cat.awaitExit(START)).as(cat.output()).isZero();
      var rows = new ArrayList<Captured>();
      for (String line : cat.output().lines().toList()) {
        JsonNode row = JSON.readTree(line);
        rows.add(new Captured(row.path("captured").longValue(), row.path("value").textValue()));
      }
      return rows;
    }
  }

  /** The file's numbers as text: SQLite is to read them by itself. */
  private static void load(SqlReference sql, List<String> lines, List<Captured> captured)
      throws SQLException {
    sql.execute(
        "CREATE TABLE recording"
            + " (line INTEGER PRIMARY KEY, date TEXT, temperature TEXT, captured INTEGER)");
    try (PreparedStatement insert = sql.prepare("INSERT INTO recording VALUES (?, ?, ?, ?)")) {
      for (int i = 0; i < lines.size(); i++) {
        String[] columns = lines.get(i).split(",", -1);
        insert.setInt(1, i);
        insert.setString(2, columns[0]);
        insert.setString(3, columns[2]);
        insert.setLong(4, captured.get(i).timeMs());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  private void assertTold(
      String query, ToldWindows told, Map<WindowId, Map<String, Double>> expected) {
    try (var consumer = consumer("analytics." + query)) {
      await()
          .atMost(START)
          .pollDelay(Duration.ZERO)
          .untilAsserted(() -> {
            for (var record : consumer.poll(Duration.ofMillis(200))) {
              told.add(JSON.readTree(record.value()));
            }
            told.assertEqual(expected, query);
          });
    }
  }
}
