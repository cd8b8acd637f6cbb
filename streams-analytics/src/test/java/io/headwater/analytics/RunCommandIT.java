package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Queries over what a hub's topics hold. */
@Timeout(300)
class RunCommandIT extends AnalyticsFixture {
  @Test
  void tellsTheSameAsLiveAndLeavesNothingBehind() throws Exception {
    publish(0, 30);
    publishText("dev1", "no number", T0 + 5_000);
    String address = address(startAnalytics("a"));
    awaitWindows(address, KEYS * 3);
    List<JsonNode> live = new ArrayList<>();
    json(get(address, "/api/results/temperature")).path("results").forEach(live::add);
    Set<String> before = topicsAndGroups();

    LookedBack all = lookBack("temperature");

    assertThat(all.exitCode()).as(all.told()).isZero();
    assertThat(all.json()).containsExactlyElementsOf(live);
    assertThat(all.told())
        .contains("361 records of readings: 36 results, 0 left out, 1 undecodable");
    LookedBack part =
        lookBack("temperature", "--from", time(10).toString(), "--to", time(29).toString());
    assertThat(part.json()).containsExactlyElementsOf(live.subList(KEYS, 2 * KEYS));
    assertThat(topicsAndGroups()).isEqualTo(before);
  }

  /** Readings that no live query would still take. */
  @Test
  void whatWasLateIsThereForWhoLooksBack() throws Exception {
    declare(
        "{name: f, from: readings, window: {tumbling: 10s, grace: 0s}, aggregates: [count],"
            + " emit: final, to: {format: csv}}");
    publish(0, 30);
    publish(0, 10);

    LookedBack ran = lookBack("f", "--to", time(10).toString());

    assertThat(ran.lines())
        .hasSize(KEYS)
        .allMatch(line -> line.endsWith("," + time(0) + "," + time(10) + ",20"));
  }

  @Test
  void sessionsTablesJoinsAndAnswersRunWithoutAHubOfTheirOwn() throws Exception {
    declare(
        "{name: s, from: readings, table: {topic: devices, as: device, required: true},"
            + " by: device.site, window: {session: 15s}, aggregates: [count, sum]}",
        "{name: hot, from: readings, where: value > 27, to: {format: number}}",
        "{name: gone, from: nowhere, window: {tumbling: 10s}, aggregates: [count]}");
    publish(0, 10);
    publish(25, 30);
    try (var producer = producer()) {
      for (int key = 0; key < 4; key++) {
        producer.send(
            new ProducerRecord<>("devices", "dev" + key, "{\"site\":\"s" + key % 2 + "\"}"));
      }
    }

    assertThat(lookBack("s").json())
        .extracting(each -> each.path("key").asText() + each.path("count") + each.path("sum"))
        .containsExactly("s02090.0", "s12090.0", "s010270.0", "s110270.0");
    assertThat(lookBack("hot").lines()).hasSize(2 * KEYS).contains("28.0", "29.0");
    assertThat(lookBack("hot", "--to", time(29).toString()).lines())
        .hasSize(KEYS)
        .containsOnly("28.0");
    assertThat(lookBack("gone").told()).contains("topic 'nowhere' is not on the hub");
    assertThat(lookBack("hott").told()).contains("there is no query 'hott': did you mean 'hot'?");
    assertThat(lookBack("hot", "--from", "then").told()).contains("--from then is not a time");
    assertThat(lookBack("hot", "--from", "2026-01-02", "--to", "2026-01-01").told())
        .contains("--from 2026-01-02 is not before --to 2026-01-01");
  }

  /** Gaps that were there at the start, and such that come later. */
  @Test
  void whatAGapMakesIncompleteIsSaidLiveOverHttpAndLookingBack() throws Exception {
    publishGap(12, 14);
    try (var producer = producer()) {
      for (int second = 0; second < 30; second++) {
        var reading = new ProducerRecord<>("readings", null, T0 + second * 1_000L, "dev1", "1");
        reading.headers().add("gateway", "gw".getBytes(StandardCharsets.UTF_8));
        producer.send(reading);
      }
    }
    String address = address(startAnalytics("a"));
    awaitIncomplete(address, time(10).toString());

    try (var results =
        new TopicHistory(
            Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, hub),
            List.of("analytics.temperature"),
            0)) {
      var written = new ArrayList<String>();
      for (var next = results.next(); next.isPresent(); next = results.next()) {
        written.add(new String(next.get().value(), StandardCharsets.UTF_8));
      }
      assertThat(written)
          .isNotEmpty()
          .allMatch(each ->
              each.contains("\"start\":\"" + time(10)) == each.contains("\"complete\":false"));
    }
    publishGap(21, 22);
    awaitIncomplete(address, time(10).toString(), time(20).toString());
    List<JsonNode> live = new ArrayList<>();
    json(get(address, "/api/results/temperature")).path("results").forEach(live::add);
    assertThat(lookBack("temperature").json()).containsExactlyElementsOf(live);
  }

  private void publishGap(int after, int before) throws Exception {
    try (var producer = producer()) {
      producer
          .send(
              new ProducerRecord<>(
                  "headwater-gaps",
                  "gw",
                  "{\"gateway\":\"gw\",\"stream\":\"readings\",\"after\":%d,\"before\":%d}"
                      .formatted(T0 + after * 1_000L, T0 + before * 1_000L)))
          .get();
    }
  }

  private void awaitIncomplete(String address, String... starts) {
    await()
        .atMost(START)
        .untilAsserted(() -> {
          var incomplete = new ArrayList<String>();
          JsonNode results = json(get(address, "/api/results/temperature")).path("results");
          assertThat(results).hasSize(3);
          for (JsonNode each : results) {
            assertThat(each.path("count").asInt()).isEqualTo(10);
            if (!each.path("complete").asBoolean(true)) {
              incomplete.add(each.path("start").asText());
            }
          }
          assertThat(incomplete).containsExactly(starts);
        });
  }

  private Set<String> topicsAndGroups() throws Exception {
    try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, hub))) {
      var all = new TreeSet<>(admin.listTopics().names().get());
      admin.listGroups().all().get().forEach(group -> all.add("group " + group.groupId()));
      return all;
    }
  }
}
