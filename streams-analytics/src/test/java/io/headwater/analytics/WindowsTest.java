package io.headwater.analytics;

import static io.headwater.analytics.TopologyRun.T0;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the kinds of windows hold, and when they are told. */
@Timeout(60)
class WindowsTest {
  @TempDir private Path folder;
  private @Nullable TopologyRun run;
  private Backlogs backlogs = Backlogs.UNKNOWN;

  @AfterEach
  void close() {
    if (run != null) {
      run.close();
    }
  }

  @Test
  void aReadingIsInEachHoppingWindowThatCoversIt() {
    open("window: {hopping: 10s, every: 5s}", "aggregates: sum");
    publish("1", 6);
    publish("2", 12);

    assertThat(newest()).isEqualTo(Map.of("0..10", 1.0, "5..15", 3.0, "10..20", 2.0));
  }

  @Test
  void slidingWindowsHoldWhatCameUpToEachReadingAndAfterIt() {
    open("window: {sliding: 10s}", "aggregates: sum");
    publish("1", 0);
    publish("2", 4);
    publish("4", 11);

    assertThat(newest())
        .isEqualTo(
            Map.of(
                "-10..0.001", 1.0, // up to the first
                "-6..4.001", 3.0, // up to the second
                "0.001..10.002", 2.0, // after the first
                "1..11.001", 6.0, // up to the third
                "4.001..14.002", 4.0)); // after the second
  }

  @Test
  void aReadingBetweenTwoSessionsMakesThemOneAndTakesTheOldOnesBack() {
    open("window: {session: 5s}", "aggregates: [sum, count]");
    publish("1", 0);
    publish("2", 8);
    assertThat(newest()).isEqualTo(Map.of("0..0.001", 1.0, "8..8.001", 2.0));

    publish("4", 4);

    List<JsonNode> results = run().json();
    assertThat(results).hasSize(3);
    assertThat(results.get(0).get("retracted").booleanValue()).isTrue();
    assertThat(results.get(1).get("retracted").booleanValue()).isTrue();
    assertThat(span(results.get(2))).isEqualTo("0..8.001");
    assertThat(results.get(2).get("sum").doubleValue()).isEqualTo(7);
    assertThat(results.get(2).get("count").longValue()).isEqualTo(3);
  }

  @Test
  void allAggregatesOfMergedSessionsAreThoseOfOneSession() {
    String all =
        "aggregates: [count, sum, min, max, mean, stddev, first, last, delta, rate,"
            + " time_weighted_mean, median, p99]";
    open("window: {session: 5s}", all);
    publish("7", 0);
    publish("3", 8);
    publish("5", 4); // joins them
    JsonNode joined = run().json().getLast();
    run().close();
    open("window: {session: 5s}", all);
    publish("7", 0);
    publish("5", 4);
    publish("3", 8);

    assertThat(joined).isEqualTo(run().json().getLast());
  }

  @Test
  void aFinalResultIsToldOnceWhenStreamTimeClosesTheWindow() {
    open("window: {tumbling: 10s, grace: 5s}", "aggregates: sum", "emit: final", "late: drop");
    publish("1", 1);
    publish("2", 12);
    publish("4", 3); // late, but within the grace
    publish("8", 14.999);
    assertThat(newest()).isEmpty();

    publish("16", 15);
    publish("32", 2); // too late

    assertThat(newest()).isEqualTo(Map.of("0..10", 5.0));
    assertThat(run().count("analytics.late")).isEqualTo(1);
  }

  @Test
  void onAQuietPartitionTheClockClosesWindowsAfterTheirEndAndGraceAndIdle() {
    open(
        "window: {tumbling: 10s, grace: 5s}",
        "aggregates: sum",
        "emit: final",
        "idle: 3s",
        "late: drop");
    publish("1", 1);

    run().passTime(Duration.ofMillis(17_800));
    assertThat(newest()).isEmpty();
    run().passTime(Duration.ofMillis(400));
    assertThat(newest()).isEqualTo(Map.of("0..10", 1.0));

    publish("2", 2); // its window has been told
    assertThat(run().count("analytics.late")).isEqualTo(1);
    publish("4", 10);
    run().passTime(Duration.ofSeconds(10));
    assertThat(newest()).isEqualTo(Map.of("10..20", 4.0));
  }

  @Test
  void theClockDoesNotCloseOldWindowsWhileTheirReadingsAreStillComing() {
    open("window: {tumbling: 10s, grace: 0s}", "aggregates: sum", "emit: final", "idle: 3s");
    // An hour-old backlog, read slowly.
    for (int second = 0; second < 10; second++) {
      publish("1", -3_600 + second);
      run().passTime(Duration.ofSeconds(2));
      assertThat(newest()).as("after %s s", second).isEmpty();
    }

    run().passTime(Duration.ofSeconds(1));

    assertThat(newest()).isEqualTo(Map.of("-3600..-3590", 10.0));
  }

  @Test
  void aBacklogThatComesAfterAQuietTimeIsNotLateForWindowsThatWereNotTold() {
    open("window: {tumbling: 10s, grace: 0s}", "aggregates: sum", "emit: final", "idle: 3s");
    publish("1", 1);
    run().passTime(Duration.ofMinutes(30));
    assertThat(newest()).isEqualTo(Map.of("0..10", 1.0));

    publish("2", 11);
    publish("4", 21);

    assertThat(newest()).isEqualTo(Map.of("10..20", 2.0));
    assertThat(run().count("analytics.late")).isZero();
  }

  /**
   * One window has been told, of a reading of 1; it is kept for 100 s, the readings are at 12 s.
   */
  private void openTold(String recomputeAfter) {
    open(
        "window: {tumbling: 10s, grace: 0s}",
        "aggregates: [sum]",
        "emit: final",
        "keep: 100s",
        "recompute-after: " + recomputeAfter);
    publish("1", 1);
    publish("2", 12);
    assertThat(newest()).isEqualTo(Map.of("0..10", 1.0));
  }

  @Test
  void aWindowThatHasBeenToldIsToldAgainWithWhatCameLate() {
    openTold("5s");

    publish("4", 3);
    run().passTime(Duration.ofSeconds(4));
    publish("8", 4);
    assertThat(run().json()).isEmpty();
    run().passTime(Duration.ofSeconds(1));
    JsonNode second = run().json().getFirst();
    assertThat(span(second)).isEqualTo("0..10");
    assertThat(second.get("sum").doubleValue()).isEqualTo(13);
    assertThat(second.get("revision").intValue()).isEqualTo(1);

    publish("16", 5);
    run().passTime(Duration.ofSeconds(5));
    JsonNode third = run().json().getFirst();
    assertThat(third.get("sum").doubleValue()).isEqualTo(29);
    assertThat(third.get("revision").intValue()).isEqualTo(2);
    assertThat(run().count("analytics.amending")).isEqualTo(3);
    assertThat(run().count("analytics.late")).isZero();

    publish("1", 110); // the window is kept no more
    publish("32", 6);
    run().passTime(Duration.ofMinutes(2));
    assertThat(newest()).doesNotContainKey("0..10");
    assertThat(run().count("analytics.late")).isZero();
    assertThat(run().count("analytics.overdue")).isEqualTo(1);
    assertThat(run().results("test-q-overdue"))
        .singleElement()
        .satisfies(overdue -> {
          assertThat(overdue.key()).isEqualTo("a");
          assertThat(Overdue.decode(TopologyRun.utf8(overdue.value())))
              .contains(new Overdue(TopologyRun.T0 + 6_000, TopologyRun.T0 + 110_000, ""));
          // By the clock: retention counts from now on.
          assertThat(overdue.timestamp()).isEqualTo(TopologyRun.T0 + 10_000);
        });
  }

  /** Otherwise it could be told twice, and what was told last need not be the whole of it. */
  @Test
  void whatIsKeptNoMoreWhenItIsToBeToldAgainIsLeftToTheRecomputer() {
    openTold("5s");
    publish("4", 3);
    publish("8", 110); // before it has been told again
    run().passTime(Duration.ofSeconds(5));

    assertThat(newest()).doesNotContainKey("0..10");
    assertThat(overdue())
        .containsExactly(new Overdue(TopologyRun.T0, TopologyRun.T0 + 110_000, ""));
    assertThat(run().count("analytics.amending")).isEqualTo(1);
    assertThat(run().count("analytics.overdue")).isZero();
  }

  /** What it joins may have begun before what is kept. */
  @Test
  void aSessionThatAnOverdueReadingMayJoinIsLeftToTheRecomputer() {
    open(
        "window: {session: 5s, grace: 0s}",
        "aggregates: [sum]",
        "emit: final",
        "keep: 15s",
        "recompute-after: 5s");
    publish("1", 0);
    publish("2", 30);
    assertThat(newest()).isEqualTo(Map.of("0..0.001", 1.0));
    publish("4", 4); // with 0, which is kept no more
    publish("8", 8); // with 4
    assertThat(overdue())
        .containsExactly(
            new Overdue(TopologyRun.T0 + 4_000, TopologyRun.T0 + 30_000, ""),
            new Overdue(TopologyRun.T0 + 8_000, TopologyRun.T0 + 30_000, ""));
    publish("16", 12); // is still kept, as a session by itself
    publish("32", 60);
    run().passTime(Duration.ofSeconds(5));

    assertThat(newest()).isEqualTo(Map.of("30..30.001", 2.0));
    assertThat(overdue()).extracting(Overdue::time).containsOnly(TopologyRun.T0 + 12_000);
  }

  private List<Overdue> overdue() {
    return run().results("test-q-overdue").stream()
        .map(each -> Overdue.decode(TopologyRun.utf8(each.value())).orElseThrow())
        .toList();
  }

  /** Of two windows that a reading is in, one is kept no more. */
  @Test
  void aReadingForWindowsThatAreKeptAndForOthersGoesIntoBoth() {
    open("window: {hopping: 10s, every: 5s, grace: 0s}", "aggregates: sum");
    publish("1", 11);
    publish("2", 6); // in 0..10, and in 5..15

    assertThat(newest()).containsEntry("5..15", 3.0).doesNotContainKey("0..10");
    assertThat(overdue())
        .containsExactly(new Overdue(TopologyRun.T0 + 6_000, TopologyRun.T0 + 11_000, ""));
    publish("4", 7);
    publish("8", 11);
    assertThat(run().count("analytics.overdue")).isEqualTo(2);
  }

  @Test
  void aGatewayThatHasDeliveredItsBacklogIsNotWaitedFor() {
    var settled = new HashMap<String, Long>();
    backlogs = (gateway, sinceMs) -> settled.getOrDefault(gateway, Long.MIN_VALUE) > sinceMs;
    openTold("1h");
    publishFrom("gw1", "4", 3);
    publishFrom("gw2", "8", 4);
    run().passTime(Duration.ofSeconds(5));
    settled.put("gw1", TopologyRun.T0 + 1);
    settled.put("gw2", TopologyRun.T0); // not after its reading
    run().passTime(Duration.ofSeconds(5));
    assertThat(run().json()).isEmpty();

    settled.put("gw2", TopologyRun.T0 + 5_000);
    run().passTime(Duration.ofSeconds(1));

    JsonNode again = run().json().getFirst();
    assertThat(again.get("sum").doubleValue()).isEqualTo(13);
    assertThat(again.get("revision").intValue()).isEqualTo(1);
  }

  private void publishFrom(String gateway, String payload, int second) {
    var reading =
        new TestRecord<>(
            "a", TopologyRun.utf8(payload), Instant.ofEpochMilli(TopologyRun.T0 + second * 1_000L));
    reading.headers().add("gateway", TopologyRun.utf8(gateway));
    run().publish(reading);
  }

  /** Nobody else would ever take back the sessions that were told. */
  @Test
  void sessionsThatHaveBeenToldAreTakenBackWhenALateReadingJoinsThem() {
    open("window: {session: 5s, grace: 0s}", "aggregates: sum", "emit: final");
    publish("1", 0);
    publish("2", 8);
    publish("1", 100);
    assertThat(newest()).isEqualTo(Map.of("0..0.001", 1.0, "8..8.001", 2.0));

    publish("4", 4);
    List<JsonNode> back = run().json();
    assertThat(back).hasSize(2).allMatch(result -> result.get("retracted").booleanValue());
    run().passTime(Duration.ofMinutes(1));

    assertThat(newest()).containsEntry("0..8.001", 7.0);
  }

  @Test
  void readingsThatNoWindowTakesGoToATopicOfTheirOwn() {
    open("window: {tumbling: 10s, grace: 0s}", "aggregates: sum", "emit: final", "late: side");
    publish("1", 1);
    publish("2", 12);
    publish("4", 3);

    assertThat(newest()).isEqualTo(Map.of("0..10", 1.0));
    assertThat(run().results("analytics.q.late"))
        .singleElement()
        .satisfies(late -> {
          assertThat(late.key()).isEqualTo("a");
          assertThat(late.value())
              .isEqualTo(
                  "{\"query\":\"q\",\"key\":\"a\",\"time\":\"2023-11-14T22:13:23Z\",\"value\":4.0}");
        });
    assertThat(run().count("analytics.late")).isEqualTo(1);
  }

  @Test
  void finalResultsComeInTheOrderInWhichWindowsClose() {
    open("window: {hopping: 10s, every: 5s, grace: 0s}", "aggregates: sum", "emit: final");
    publish("1", 6);
    publish("2", 12);
    publish("4", 100);

    assertThat(spans()).containsExactly("0..10", "5..15", "10..20");
  }

  @Test
  void aSessionIsToldOnceWhenItsGapAndGraceHavePassed() {
    open("window: {session: 5s, grace: 2s}", "aggregates: sum", "emit: final");
    publish("1", 0);
    publish("2", 8); // closes nothing: 0 + 5 + 2 < 8 does
    publish("4", 12);
    assertThat(newest()).isEqualTo(Map.of("0..0.001", 1.0));

    publish("8", 20);

    assertThat(newest()).isEqualTo(Map.of("8..12.001", 6.0));
  }

  @Test
  void aFinalSlidingWindowIsToldOnce() {
    open("window: {sliding: 10s, grace: 0s}", "aggregates: sum", "emit: final");
    publish("1", 0);
    publish("2", 4);
    publish("4", 100);

    assertThat(newest())
        .isEqualTo(Map.of("-10..0.001", 1.0, "-6..4.001", 3.0, "0.001..10.002", 2.0));
  }

  @Test
  void havingKeepsResultsBackForWhichItDoesNotHold() {
    open("window: {tumbling: 10s}", "aggregates: [count, mean]", "having: count >= 2 && mean > 3");
    publish("4", 0);
    assertThat(newest()).isEmpty();

    publish("3", 1);

    List<JsonNode> results = run().json();
    assertThat(results)
        .singleElement()
        .satisfies(result -> assertThat(result.get("mean").doubleValue()).isEqualTo(3.5));
  }

  @Test
  void whatAWindowCannotTellIsNull() {
    open("window: {tumbling: 10s}", "aggregates: [stddev, rate, p50]");
    publish("4", 0);

    JsonNode result = run().json().getLast();
    assertThat(result.get("stddev").isNull()).isTrue();
    assertThat(result.get("rate").isNull()).isTrue();
    assertThat(result.get("p50").doubleValue()).isBetween(3.996, 4.004);
  }

  private void open(String... lines) {
    run =
        new TopologyRun(
            folder.resolve("run"),
            TopologyRun.query("- name: q\n  from: in\n  " + String.join("\n  ", lines) + "\n"),
            backlogs);
  }

  private void publish(String payload, double second) {
    run().publish("a", payload, T0 + Math.round(second * 1_000));
  }

  private TopologyRun run() {
    return Objects.requireNonNull(run);
  }

  /** The sums of the results since the last call, by start and end in seconds after T0. */
  private Map<String, Double> newest() {
    var sums = new TreeMap<String, Double>();
    for (JsonNode result : run().json()) {
      if (result.has("retracted")) {
        sums.remove(span(result));
      } else {
        sums.put(span(result), result.get("sum").doubleValue());
      }
    }
    return sums;
  }

  private List<String> spans() {
    var spans = new ArrayList<String>();
    run().json().forEach(result -> spans.add(span(result)));
    return spans;
  }

  private static String span(JsonNode result) {
    return seconds(result.get("start")) + ".." + seconds(result.get("end"));
  }

  private static String seconds(JsonNode instant) {
    long ms = Instant.parse(instant.textValue()).toEpochMilli() - T0;
    return ms % 1_000 == 0 ? Long.toString(ms / 1_000) : Double.toString(ms / 1_000.0);
  }
}
