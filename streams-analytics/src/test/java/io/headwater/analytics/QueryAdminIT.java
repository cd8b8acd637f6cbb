package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.headwater.process.Main;
import io.headwater.process.UserError;
import io.headwater.testsupport.ChildProcess;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Queries that are changed, stopped and begun anew while the process runs, with a real hub. */
@Timeout(400)
class QueryAdminIT extends AnalyticsFixture {
  private static final String STATE_TOPIC = "headwater-analytics-temperature-windows-changelog";

  /**
   * @param exitCode as the launcher would end
   * @param text what was printed, errors too
   */
  private record Ran(int exitCode, String text) {}

  /** Each waits for the hub for some time, but not one after the other: systemd waits a minute. */
  @Test
  void manyQueriesStopAtOnceAlsoWhenTheHubIsAway() throws Exception {
    declare(
        IntStream.range(0, 8)
            .mapToObj(i ->
                "{name: q" + i + ", from: readings, window: {tumbling: 10s}, aggregates: [count]}")
            .toArray(String[]::new));
    publish(0, 20);
    ChildProcess analytics = startAnalytics("a");
    String address = address(analytics);
    await()
        .atMost(START)
        .untilAsserted(() ->
            assertThat(json(get(address, "/api/queries")).findValuesAsText("state"))
                .hasSize(8)
                .containsOnly("running"));
    publish(20, 40);
    killBroker();

    assertThat(analytics.terminate()).isEqualTo(143);
  }

  @Test
  void takesChangesOfTheQueryFileAndAsksBeforeStateIsLost() throws Exception {
    declare(TEMPERATURE, "{name: old, from: readings, window: {tumbling: 1h}, aggregates: [min]}");
    publish(0, 30);
    String address = address(startAnalytics("a"));
    awaitWindows(address, KEYS * 3);
    assertThat(run(address, "list").text())
        .containsPattern("(?m)^temperature +running +0 +360 ")
        .containsPattern("(?m)^old ");
    assertThat(run(address, "describe", "temperature").text())
        .containsPattern("definition +\\{\"name\":\"temperature\",\"from\":\"readings\"")
        .contains("instance     " + address + ", 4 partitions");
    assertThat(run(address, "diff").text()).isEqualTo("Nothing differs.\n");

    // A mistake changes nothing.
    declare(TEMPERATURE.replace("count", "cuont"));
    assertThat(run(address, "apply"))
        .isEqualTo(
            new Ran(
                1,
                folder.resolve("queries.yaml")
                    + " line 2: aggregates: unknown aggregate 'cuont': did you mean 'count'?\n"));

    // What the state fits is changed at once; windows of another size are not.
    declare(
        TEMPERATURE.replace("max", "min"),
        "{name: new, from: readings, window: {tumbling: 1m}, aggregates: [count]}");
    assertThat(run(address, "apply"))
        .isEqualTo(new Ran(0, "changed temperature: aggregates\nadded new\nremoved old\n"));
    assertError(get(address, "/api/queries/old"), 404, "known here: new, temperature");
    awaitWindows(address, KEYS * 3);
    assertThat(get(address, "/api/results/temperature?limit=1").body()).contains("\"min\":20.0");

    declare(TEMPERATURE.replace("10s", "30s"));
    Ran asked = run(address, "apply");
    assertThat(asked.exitCode()).isEqualTo(2);
    assertThat(asked.text())
        .contains("Lost are the windows of query temperature (up to ")
        .contains(
            "It is computed anew from the 360 records that readings still holds, from " + time(0))
        .contains("Nothing has changed; repeat it with --yes to do it.");
    assertThat(post(address, "/api/apply").statusCode()).isEqualTo(409);
    assertThat(post(address, "/api/apply?yes=true", "Origin", "http://elsewhere").statusCode())
        .isEqualTo(403);
    assertThat(run(address, "apply", "--yes"))
        .isEqualTo(new Ran(0, "restarted temperature: aggregates, window\nremoved new\n"));
    await()
        .atMost(START)
        .untilAsserted(() -> {
          HttpResponse<String> answer = get(address, "/api/results/temperature?key=dev1");
          assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
          JsonNode results = json(answer).path("results");
          assertThat(results).as(answer.body()).hasSize(1);
          assertThat(results.path(0).path("count").asInt()).isEqualTo(30);
        });
  }

  @Test
  void aPoisonedStateStopsItsQueryOnlyUntilItIsReset() throws Exception {
    String other = "{name: other, from: readings, window: {tumbling: 10s}, aggregates: [count]}";
    declare(TEMPERATURE, other);
    publish(0, 10);
    ChildProcess first = startAnalytics("a");
    awaitWindows(address(first), KEYS);
    first.kill(); // so that the next one reads its state from the hub
    damageState();

    // Over a restart, too, a state is not taken for one of other windows.
    declare(TEMPERATURE, other.replace("10s", "20s"));
    ChildProcess second = startAnalytics("a");
    String address = address(second);
    publishText("dev1", "99", T0 + 5_000);
    await()
        .atMost(START)
        .untilAsserted(() ->
            assertThat(json(get(address, "/api/queries/temperature")).path("problem").asText())
                .startsWith("query temperature is stopped: it failed 3 times in a row with ")
                .contains("stored window of 7 bytes is not of version 2")
                .contains("'headwater analytics reset temperature' computes it anew"));
    assertThat(json(get(address, "/api/queries/other")).path("problem").asText())
        .startsWith("query other is stopped: its window changed, which its state does not fit");
    assertThat(run(address, "apply", "--yes")).isEqualTo(new Ran(0, "restarted other: window\n"));
    await()
        .atMost(START)
        .untilAsserted(() ->
            assertThat(json(get(address, "/api/queries/other")).path("state").asText())
                .isEqualTo("running"));

    assertThat(run(address, "reset", "temprature"))
        .isEqualTo(new Ran(1, "there is no query 'temprature': did you mean 'temperature'?\n"));
    assertThat(run(address, "reset", "temperature").exitCode()).isEqualTo(2);
    assertThat(run(address, "reset", "temperature", "--yes"))
        .isEqualTo(new Ran(0, "Query temperature begins anew.\n"));
    await()
        .atMost(START)
        .untilAsserted(() -> {
          HttpResponse<String> answer = get(address, "/api/results/temperature?key=dev1");
          assertThat(answer.body()).contains("\"count\":11,\"max\":99.0}");
        });
  }

  /** Puts something in place of all windows that the hub keeps. */
  private void damageState() {
    try (var consumer =
            new KafkaConsumer<>(
                Map.of(
                    ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                    hub,
                    ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                    "earliest",
                    ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                    "read_uncommitted"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        var producer =
            new KafkaProducer<>(
                Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, hub),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(STATE_TOPIC).stream()
              .map(each -> new TopicPartition(STATE_TOPIC, each.partition()))
              .toList();
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream()
          .anyMatch(each -> consumer.position(each.getKey()) < each.getValue())) {
        for (ConsumerRecord<byte[], byte[]> window : consumer.poll(Duration.ofMillis(200))) {
          producer.send(
              new ProducerRecord<>(
                  STATE_TOPIC,
                  window.partition(),
                  window.timestamp(),
                  window.key(),
                  "garbage".getBytes(StandardCharsets.UTF_8)));
        }
      }
      producer.flush();
    }
  }

  /** Runs a subcommand as the launcher does. */
  private static Ran run(String address, String command, String... arguments) {
    var text = new StringWriter();
    var out = new PrintWriter(text);
    String[] all = new String[arguments.length + 2];
    all[0] = command;
    all[1] = "--http=" + address;
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    int exitCode =
        Main.commandLine(new AnalyticsMain())
            .setOut(out)
            .setErr(out)
            .setExecutionExceptionHandler((failure, _, _) -> {
              if (failure instanceof UserError error) {
                out.println(error.getMessage());
                return error.exitCode();
              }
              throw failure;
            })
            .execute(all);
    return new Ran(exitCode, text.toString());
  }

  private HttpResponse<String> post(String address, String path, String... headers)
      throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://" + address + path))
            .POST(BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }
}
