package io.headwater.analytics;

import static io.headwater.analytics.TopologyRun.T0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.headwater.testsupport.Seed;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downsampling: a query that merges the windows of another one. */
@Timeout(60)
class ChainTest {
  private static final String AGGREGATES =
      "[count, sum, min, max, mean, stddev, first, last, delta, rate, time_weighted_mean, p90]";

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"updates", "final"})
  void tellsOfMinutesAndHoursWhatTheReadingsThemselvesSay(String emit) {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    List<Query> chain =
        TopologyRun.queries(
            """
            - {name: s, from: in, window: {tumbling: 1s}, aggregates: %1$s, emit: %2$s}
            - {name: m, from: {query: s}, window: {tumbling: 1m}, aggregates: %1$s, emit: %2$s}
            - {name: h, from: {query: m}, window: {tumbling: 1h}, aggregates: %1$s}
            """
                .formatted(AGGREGATES, emit));
    Query direct =
        TopologyRun.query(
            "- {name: d, from: in, window: {tumbling: 1h}, aggregates: %s}".formatted(AGGREGATES));
    var readings = new ArrayList<TestRecord<String, byte[]>>();
    for (int i = 0; i < 300; i++) {
      readings.add(
          new TestRecord<>(
              "a",
              TopologyRun.utf8(Double.toString(random.nextDouble(-10, 40))),
              Instant.ofEpochMilli(T0 + i * 400L + random.nextInt(5_000))));
    }
    if (emit.equals("final")) { // closes all windows of a second, then of a minute
      readings.add(new TestRecord<>("b", TopologyRun.utf8("1"), after(300)));
      readings.add(new TestRecord<>("b", TopologyRun.utf8("1"), after(900)));
    }

    List<TestRecord<String, byte[]>> records = readings;
    for (Query query : chain.subList(0, 2)) {
      records = run(query, records);
    }
    Map<String, JsonNode> told = newest(run(chain.get(2), records));
    Map<String, JsonNode> expected = newest(run(direct, readings));

    String first = "a@2023-11-14T22:00:00Z";
    JsonNode hour = Objects.requireNonNull(told.get(first));
    Objects.requireNonNull(expected.get(first)).properties().stream()
        .filter(field -> field.getValue().isNumber())
        .forEach(field ->
            assertThat(hour.get(field.getKey()).doubleValue())
                .as("%s, %s", field.getKey(), seed)
                .isCloseTo(field.getValue().doubleValue(), within(1e-9)));
  }

  @Test
  void aResultWithoutItsWindowIsADeadLetter() {
    Query merging =
        TopologyRun.query(
            """
            - {name: s, from: in, window: {tumbling: 1s}, aggregates: count}
            - {name: m, from: {query: s}, window: {tumbling: 1m}, aggregates: count}
            """);
    try (var run = new TopologyRun(folder, merging)) {
      run.publish("a", "{\"count\":1}", T0);

      assertThat(run.results()).isEmpty();
      assertThat(run.undecodable("no-field")).isEqualTo(1);
    }
  }

  private List<TestRecord<String, byte[]>> run(
      Query query, List<TestRecord<String, byte[]>> records) {
    try (var run = new TopologyRun(folder.resolve(query.name()), query)) {
      records.forEach(run::publish);
      return run.rawResults();
    }
  }

  private static Map<String, JsonNode> newest(List<TestRecord<String, byte[]>> results) {
    var newest = new HashMap<String, JsonNode>();
    for (TestRecord<String, byte[]> result : results) {
      JsonNode json = TopologyRun.json(new String(result.value(), StandardCharsets.UTF_8));
      newest.put(json.get("key").textValue() + "@" + json.get("start").textValue(), json);
    }
    return newest;
  }

  private static Instant after(long seconds) {
    return Instant.ofEpochMilli(T0 + seconds * 1_000);
  }
}
