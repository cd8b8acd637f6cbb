package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.apache.kafka.streams.test.TestRecord;
import org.assertj.core.data.Offset;
import org.assertj.core.groups.Tuple;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The topology in Streams' own driver, which commits, and so writes results, after each record. */
@Timeout(60)
class QueryTopologyTest {
  private static final Duration GRACE = Duration.ofMinutes(1);
  private static final long T0 = TopologyRun.T0;

  @TempDir private Path folder;
  private @Nullable TopologyRun run;

  @BeforeEach
  void startTopology() {
    open("count, min, max, mean");
  }

  @AfterEach
  void closeTopology() {
    run().close();
  }

  @Test
  void amendsTheResultOfAWindowWithEachReading() {
    run().publish("dev42", "21.5", T0);
    run().publish("dev42", "{\"device\":\"dev42\",\"seq\":1,\"value\":20.5}", T0 + 9_999);

    assertThat(run().results())
        .extracting(TestRecord::key, TestRecord::value)
        .containsExactly(
            result("dev42", "20Z", "30Z", "\"count\":1,\"min\":21.5,\"max\":21.5,\"mean\":21.5"),
            result("dev42", "20Z", "30Z", "\"count\":2,\"min\":20.5,\"max\":21.5,\"mean\":21.0"));
  }

  @Test
  void keepsKeysAndWindowsApart() {
    run().publish("a", "1", T0);
    run().publish("b", "2", T0);
    run().publish("a", "3", T0 + 10_000);

    assertThat(run().results())
        .extracting(TestRecord::key, TestRecord::value)
        .containsExactly(
            result("a", "20Z", "30Z", "\"count\":1,\"min\":1.0,\"max\":1.0,\"mean\":1.0"),
            result("b", "20Z", "30Z", "\"count\":1,\"min\":2.0,\"max\":2.0,\"mean\":2.0"),
            result("a", "30Z", "40Z", "\"count\":1,\"min\":3.0,\"max\":3.0,\"mean\":3.0"));
  }

  @Test
  void tellsOnlyTheDeclaredAggregates() {
    closeTopology();
    open("max");

    run().publish("a", "1", T0);

    assertThat(run().results().getFirst().value()).endsWith("30Z\",\"max\":1.0}");
  }

  @Test
  void carriesNoHeadersOfTheReadings() {
    var reading =
        new TestRecord<>("a", "1".getBytes(StandardCharsets.UTF_8), Instant.ofEpochMilli(T0));
    reading.headers().add("edge.offset", "e:s:0:1".getBytes(StandardCharsets.UTF_8));
    run().publish(reading);

    assertThat(run().results().getFirst().headers()).isEmpty();
  }

  @Test
  void putsAReadingIntoTheWindowOfItsCapture() {
    var reading =
        new TestRecord<>(
            "a", "1".getBytes(StandardCharsets.UTF_8), Instant.ofEpochMilli(T0 + 3_600_000));
    reading.headers().add("captured", Long.toString(T0).getBytes(StandardCharsets.UTF_8));
    run().publish(reading);

    assertThat(run().results().getFirst().value()).contains("\"start\":\"2023-11-14T22:13:20Z\"");
  }

  @Test
  void skipsAndCountsWhatIsNoReading() {
    run().publish("a", "garbage", T0);
    run().publish("a", "21.5 C", T0);
    run().publish("a", "{\"value\":\"21.5\"}", T0);
    run().publish("a", "[1e999]", T0);
    run().publish("a", "", T0);
    run().publish("a", null, T0);
    run().publish(null, "1", T0);
    run().publish("a", "2", T0);

    assertThat(run().results()).hasSize(1);
    assertThat(run().undecodable("not-json")).isEqualTo(2);
    assertThat(run().undecodable("no-number")).isEqualTo(2);
    assertThat(run().undecodable("empty")).isEqualTo(2);
    assertThat(run().undecodable("no-key")).isEqualTo(1);
    assertThat(run().results("analytics.dead-letters")).hasSize(7);
    assertThat(run().count("analytics.readings")).isEqualTo(8);
    assertThat(run().count("analytics.results")).isEqualTo(1);
  }

  @Test
  void amendsAWindowWithinItsGraceAndNotesWhatComesLater() {
    run().publish("a", "1", T0);
    run().publish("b", "1", T0 + 10_000 + GRACE.toMillis() - 1);
    run().publish("a", "2", T0 + 1);
    run().publish("b", "1", T0 + 10_000 + GRACE.toMillis());
    run().publish("a", "3", T0 + 2);

    assertThat(run().results()).extracting(TestRecord::key).containsExactly("a", "b", "a", "b");
    assertThat(run().count("analytics.overdue")).isEqualTo(1);
    assertThat(run().count("analytics.late")).isZero();
  }

  @Test
  void agreesWithAPlainComputationOfTheSameReadings() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    Map<String, double[]> expected = new HashMap<>(); // count, min, max, sum
    for (int i = 0; i < 5_000; i++) {
      String key = "dev" + random.nextInt(20);
      long time = T0 + random.nextLong(60_000); // out of order, all within the grace
      double value = Math.round(random.nextDouble(-50, 50) * 100) / 100.0;
      run().publish(key, Double.toString(value), time);
      expected.merge(
          key + "@" + time / 10_000,
          new double[] {1, value, value, value},
          (a, b) ->
              new double[] {a[0] + b[0], Math.min(a[1], b[1]), Math.max(a[2], b[2]), a[3] + b[3]});
    }

    Map<String, double[]> actual = new HashMap<>();
    for (TestRecord<String, String> result : run().results()) {
      var json = Results.parse(result.value());
      actual.put(
          result.key() + "@" + json.start().toEpochMilli() / 10_000,
          new double[] {json.count(), json.min(), json.max(), json.mean() * json.count()});
    }
    assertThat(actual.keySet()).as("%s", seed).isEqualTo(expected.keySet());
    expected.forEach((window, aggregates) ->
        assertThat(actual.get(window))
            .as("%s, %s", window, seed)
            .containsExactly(aggregates, Offset.offset(1e-9)));
  }

  private void open(String aggregates) {
    run =
        new TopologyRun(
            folder,
            TopologyRun.query(
                """
                - name: q
                  from: in
                  value: [$.value, $]
                  window: {tumbling: 10s, grace: 1m}
                  aggregates: [%s]
                  to: out
                """
                    .formatted(aggregates)));
  }

  private static Tuple result(String key, String start, String end, String aggregates) {
    String minute = "2023-11-14T22:13:";
    return Tuple.tuple(
        key,
        "{\"query\":\"q\",\"key\":\""
            + key
            + "\",\"start\":\""
            + minute
            + start
            + "\",\"end\":\""
            + minute
            + end
            + "\","
            + aggregates
            + "}");
  }

  private TopologyRun run() {
    return Objects.requireNonNull(run);
  }
}
