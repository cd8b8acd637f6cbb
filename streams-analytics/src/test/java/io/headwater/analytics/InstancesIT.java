package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Seed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Three instances share the work, and any of them dies while readings come: the results are those
 * of a run that nothing disturbed.
 */
@Timeout(600)
class InstancesIT extends AnalyticsFixture {
  private static final int SECONDS = 120; // of readings
  private static final Duration SECOND = Duration.ofMillis(150); // as they come
  private static final List<Integer> KILLS = List.of(30, 60, 90);

  private final Seed seed = Seed.next();
  private final SplittableRandom random = seed.random();

  @Test
  void whoeverIsKilledTheResultsAreThoseOfAnUndisturbedRun() throws Exception {
    declare(
        "{name: temperature, from: readings, window: {tumbling: 10s},"
            + " aggregates: [count, sum, max, last, p95]}",
        "{name: by-group, from: readings, by: \"'g' + key.substring(3, 4)\","
            + " window: {hopping: 20s, every: 10s}, aggregates: [count, sum, max, p95]}");
    var instances = new ArrayList<ChildProcess>();
    for (int i = 0; i < 3; i++) {
      instances.add(startAnalytics("instance" + i));
    }
    for (ChildProcess instance : instances) {
      address(instance);
    }
    try (var producer = producer()) {
      for (int second = 0; second < SECONDS; second++) {
        for (int key = 0; key < KEYS; key++) {
          // Some come late, and out of order.
          long time = T0 + (second - random.nextInt(8)) * 1_000L;
          producer.send(
              new ProducerRecord<>(
                  "readings", null, time, "dev" + key, Integer.toString(random.nextInt(1_000))));
        }
        LockSupport.parkNanos(SECOND.toNanos());
        if (KILLS.contains(second)) {
          int victim = random.nextInt(instances.size());
          instances.get(victim).kill();
          instances.set(victim, startAnalytics("instance" + victim));
        }
      }
    }

    for (String query : new String[] {"temperature", "by-group"}) {
      Map<String, JsonNode> undisturbed = newest(lookBack(query).json());
      assertThat(undisturbed).as("%s", seed).hasSizeGreaterThan(30);
      var results = new ArrayList<JsonNode>();
      try (var consumer = consumer("analytics." + query)) {
        await()
            .atMost(START)
            .untilAsserted(() -> {
              for (var record : consumer.poll(Duration.ofMillis(200))) {
                results.add(JSON.readTree(record.value()));
              }
              assertThat(newest(results)).as("%s, %s", query, seed).isEqualTo(undisturbed);
            });
      }
    }
  }

  private static Map<String, JsonNode> newest(List<JsonNode> results) {
    var newest = new TreeMap<String, JsonNode>();
    for (JsonNode result : results) {
      newest.put(result.path("key") + " " + result.path("start"), result);
    }
    return newest;
  }
}
