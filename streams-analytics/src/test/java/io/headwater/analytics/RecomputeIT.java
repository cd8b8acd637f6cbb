package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Seed;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Readings that come when their windows are kept no more, with a real hub. */
@Timeout(400)
class RecomputeIT extends AnalyticsFixture {
  private static final String FINAL = ", grace: 0s}, emit: final, idle: 1s, keep: 10s";
  private static final String SOON = ", recompute-after: 1s}";

  @Test
  void theirWindowsAreComputedAnewFromTheTopicAndToldAgain() throws Exception {
    declare(
        "{name: t, from: readings, window: {tumbling: 10s"
            + FINAL
            + ", aggregates: [count, sum]"
            + SOON,
        "{name: h, from: readings, window: {hopping: 20s, every: 10s, grace: 0s},"
            + " aggregates: [count, sum]"
            + SOON,
        "{name: s, from: readings, window: {session: 4s"
            + FINAL
            + ", aggregates: [count, sum]"
            + SOON,
        "{name: by, from: readings, by: \"'all'\", window: {tumbling: 10s"
            + FINAL
            + ", aggregates: [count, sum]"
            + SOON);
    publish(0, 10);
    publish(20, 30); // two sessions
    publish(100, 101);
    String address = address(startAnalytics("a"));
    awaitResults("t", 2 * KEYS);
    awaitResults("s", 2 * KEYS);
    awaitResults("by", 2);
    awaitResults("h", 3 * KEYS); // [-10,10), [0,20), [10,30), [20,40), and those of second 100

    for (int second = 10; second < 20; second += 3) {
      publishText("dev1", "1000", T0 + second * 1_000L);
    }

    awaitResult("t", each -> is(each, "dev1", 10, 20) && each.path("count").asInt() == 4);
    JsonNode later = newest("t", "dev1", 10);
    assertThat(later.has("revision")).as("told for the first time: %s", later).isFalse();
    awaitResult("by", each -> is(each, "all", 10, 20) && each.path("sum").asInt() == 4_000);
    awaitResult("h", each -> is(each, "dev1", 0, 20) && each.path("sum").asInt() == 45 + 4_000);
    awaitResult("h", each -> is(each, "dev1", 10, 30) && each.path("count").asInt() == 14);
    assertThat(newest("h", "dev1", 10).path("revision").asInt()).isPositive();
    awaitResult("s", each -> is(each, "dev1", 0, 30) && each.path("count").asInt() == 24);
    assertThat(newest("s").keySet())
        .as("the two sessions of which it is made are taken back")
        .doesNotContain("dev1 " + time(20))
        .contains("dev2 " + time(20), "dev1 " + time(0));

    publishText("dev1", "5", T0 + 5_000);
    awaitResult("t", each -> is(each, "dev1", 0, 10) && each.path("count").asInt() == 11);
    assertThat(newest("t", "dev1", 0).path("revision").asInt()).isEqualTo(1);
    publishText("dev1", "6", T0 + 6_000);
    awaitResult("t", each -> is(each, "dev1", 0, 10) && each.path("count").asInt() == 12);
    assertThat(newest("t", "dev1", 0).path("revision").asInt()).isEqualTo(2);

    for (String query : List.of("t", "h", "s", "by")) {
      await().atMost(START).untilAsserted(() -> assertThat(newest(query)).isEqualTo(back(query)));
    }
    JsonNode status = json(get(address, "/api/queries/t"));
    assertThat(status.path("overdue").asInt()).isEqualTo(6);
    assertThat(status.path("recomputed").asInt()).isPositive();
    assertThat(status.path("late").asInt()).isZero();
  }

  @Test
  void eachIsToldOnceWhenTheProcessIsKilledInBetween() throws Exception {
    declare(
        "{name: t, from: readings, window: {tumbling: 10s"
            + FINAL
            + ", aggregates: [count], recompute-after: 2s}");
    publish(0, 10);
    publish(100, 101);
    ChildProcess process = startAnalytics("a");
    address(process);
    awaitResults("t", KEYS);
    for (int round = 1; round <= 3; round++) {
      publishText("dev1", "1", T0 + 5_000);
      if (round == 2) {
        awaitOverdue("t", round);
      }
      process.kill();
      process = startAnalytics("a");
      int count = 10 + round;
      awaitResult("t", each -> is(each, "dev1", 0, 10) && each.path("count").asInt() == count);
    }
    assertThat(results("t").stream().filter(each -> is(json(each.value()), "dev1", 0, 10)))
        .extracting(each -> json(each.value()).path("revision").asInt())
        .containsExactly(0, 1, 2, 3);
  }

  /**
   * A query that begins, or comes back after long, reads days within seconds: windows wait to be
   * told again that are kept no more when others of theirs come, and both have to end as one.
   */
  @Test
  void historyInAnyOrderEndsAsItDoesForWhoLooksBack() throws Exception {
    Seed seed = Seed.next();
    declare(
        "{name: t, from: readings, window: {tumbling: 10s"
            + FINAL
            + ", aggregates: [count, sum], recompute-after: 3s}",
        "{name: h, from: readings, window: {hopping: 20s, every: 5s"
            + FINAL
            + ", aggregates: [count, sum], recompute-after: 3s}",
        "{name: s, from: readings, window: {session: 3s"
            + FINAL
            + ", aggregates: [count, sum], recompute-after: 3s}");
    publishInDisorder(seed);
    String address = address(startAnalytics("a"));

    for (String query : List.of("t", "h", "s")) {
      // Each look back is a run of its own.
      await()
          .atMost(START)
          .pollInterval(Duration.ofSeconds(2))
          .untilAsserted(() -> {
            assertThat(newest(query)).as("%s of %s", seed, query).isEqualTo(back(query));
            assertThat(json(get(address, "/api/queries/" + query)).path("recomputed").asInt())
                .as("%s", seed)
                .isPositive();
          });
      assertThat(results(query))
          .as("%s", seed)
          .filteredOn(each -> json(each.value()).has("revision"))
          .isNotEmpty();
    }
    assertRevisionsRise("t", seed);
    assertRevisionsRise("h", seed);
  }

  /** Most in order, some so late that windows still take them, a few later than that. */
  private void publishInDisorder(Seed seed) throws Exception {
    RandomGenerator random = seed.random();
    try (var producer = producer()) {
      for (int second = 0; second < 300; second++) {
        for (int key = 0; key < KEYS; key++) {
          int kind = random.nextInt(100);
          int lateBy = kind < 80 ? 0 : kind < 95 ? random.nextInt(18) : random.nextInt(200);
          producer.send(
              new ProducerRecord<>(
                  "readings",
                  null,
                  T0 + Math.max(0, second - lateBy) * 1_000L,
                  "dev" + key,
                  "" + random.nextInt(100)));
        }
      }
    }
  }

  private void assertRevisionsRise(String query, Seed seed) {
    var last = new HashMap<String, Integer>();
    for (ConsumerRecord<String, String> each : results(query)) {
      JsonNode result = json(each.value());
      String place = result.path("key").asText() + " " + result.path("start").asText();
      int revision = result.path("revision").asInt();
      Integer before = last.put(place, revision);
      assertThat(revision)
          .as("%s: %s of %s", seed, place, query)
          .isEqualTo(before == null ? 0 : before + 1);
    }
  }

  /** Half of a window would be worse than what was told. */
  @Test
  void windowsWhoseReadingsAreNotThereAnyMoreStayAsTheyWereTold() throws Exception {
    declare(
        "{name: t, from: readings, window: {tumbling: 10s"
            + FINAL
            + ", aggregates: [count]"
            + SOON);
    publish(0, 10);
    publish(100, 101);
    String address = address(startAnalytics("a"));
    awaitResults("t", KEYS);
    try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, hub))) {
      var some = new HashMap<TopicPartition, RecordsToDelete>();
      for (int partition = 0; partition < 4; partition++) {
        some.put(new TopicPartition("readings", partition), RecordsToDelete.beforeOffset(5));
      }
      admin.deleteRecords(some).all().get();
    }

    publishText("dev1", "1", T0 + 5_000);

    await()
        .atMost(START)
        .untilAsserted(() ->
            assertThat(json(get(address, "/api/queries/t")).path("late").asInt()).isEqualTo(1));
    assertThat(results("t").stream().filter(each -> is(json(each.value()), "dev1", 0, 10)))
        .hasSize(1);
  }

  /** What the gateway's bridge would write. */
  @Test
  void aGatewayThatHasDeliveredItsBacklogIsNotWaitedFor() throws Exception {
    try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, hub))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("headwater-presence", Optional.of(1), Optional.empty())
                      .configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, "compact"))))
          .all()
          .get();
    }
    declare(
        "{name: t, from: readings, window: {tumbling: 10s"
            + FINAL
            + ", aggregates: [count], recompute-after: 1d}");
    publish(0, 10);
    publish(100, 101);
    address(startAnalytics("a"));
    awaitResults("t", KEYS);
    try (var producer = producer()) {
      var reading = new ProducerRecord<>("readings", null, T0 + 5_000, "dev1", "1");
      reading.headers().add("gateway", "gw1".getBytes(StandardCharsets.UTF_8));
      producer.send(reading).get();
      awaitOverdue("t", 1);
      producer.send(presence(0)).get();
      producer.send(presence(Instant.now().toEpochMilli() + 60_000)).get();
    }

    awaitResult("t", each -> is(each, "dev1", 0, 10) && each.path("count").asInt() == 11);
  }

  private static ProducerRecord<String, String> presence(long lastSeen) {
    return new ProducerRecord<>(
        "headwater-presence",
        "gateway/gw1",
        "{\"online\":true,\"lastSeen\":%d,\"depth\":0}".formatted(lastSeen));
  }

  private static boolean is(JsonNode result, String key, int from, int to) {
    Instant end = Instant.parse(result.path("end").asText());
    return result.path("key").asText().equals(key)
        && !result.has("retracted")
        && result.path("start").asText().equals(time(from).toString())
        && end.compareTo(time(to - 1)) > 0
        && end.compareTo(time(to)) <= 0;
  }

  private void awaitResults(String query, int atLeast) {
    await()
        .atMost(START)
        .untilAsserted(() -> assertThat(newest(query)).hasSizeGreaterThanOrEqualTo(atLeast));
  }

  private void awaitResult(String query, Predicate<JsonNode> wanted) {
    await()
        .atMost(START)
        .untilAsserted(
            () -> assertThat(results(query)).anyMatch(each -> wanted.test(json(each.value()))));
  }

  private void awaitOverdue(String query, int readings) {
    await()
        .atMost(START)
        .untilAsserted(
            () -> assertThat(read("headwater-analytics-" + query + "-overdue")).hasSize(readings));
  }

  /** By key and start; those that were taken back are not there. */
  private Map<String, JsonNode> newest(String query) throws Exception {
    var newest = new HashMap<String, JsonNode>();
    for (ConsumerRecord<String, String> each : results(query)) {
      JsonNode result = JSON.readTree(each.value());
      String place = result.path("key").asText() + " " + result.path("start").asText();
      JsonNode before = newest.get(place);
      if (!result.has("retracted")) {
        newest.put(place, result);
      } else if (before != null && before.path("end").equals(result.path("end"))) {
        newest.remove(place);
      }
    }
    return newest;
  }

  private JsonNode newest(String query, String key, int second) throws Exception {
    return Objects.requireNonNull(newest(query).get(key + " " + time(second)));
  }

  /** The same of a run over what the hub has; it knows of no revisions. */
  private Map<String, JsonNode> back(String query) throws Exception {
    Map<String, JsonNode> now = newest(query);
    var all = new HashMap<String, JsonNode>();
    for (JsonNode each : lookBack(query).json()) {
      String place = each.path("key").asText() + " " + each.path("start").asText();
      JsonNode told = now.get(place);
      if (told != null) {
        var same = (ObjectNode) each;
        if (told.has("revision")) {
          same.set("revision", told.path("revision"));
        }
        all.put(place, same);
      }
    }
    return all;
  }

  private List<ConsumerRecord<String, String>> results(String query) {
    return read("analytics." + query);
  }

  private List<ConsumerRecord<String, String>> read(String topic) {
    var records = new ArrayList<ConsumerRecord<String, String>>();
    try (var consumer = consumer(topic)) {
      Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
      while (ends.entrySet().stream()
          .anyMatch(each -> consumer.position(each.getKey()) < each.getValue())) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return records;
  }

  private static JsonNode json(String text) {
    return TopologyRun.json(text);
  }
}
