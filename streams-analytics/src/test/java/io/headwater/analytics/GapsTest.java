package io.headwater.analytics;

import static io.headwater.analytics.TopologyRun.T0;
import static io.headwater.analytics.TopologyRun.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.headwater.analytics.aggregate.WindowState;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.TopologyDescription;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Windows of which readings are missing say so. */
@Timeout(60)
class GapsTest {
  @TempDir private Path folder;
  private @Nullable TopologyRun run;

  @AfterEach
  void close() {
    if (run != null) {
      run.close();
    }
  }

  @Test
  void windowsThatAGapOfTheirGatewayReachesIntoAreIncomplete() {
    open("window: {tumbling: 10s}\naggregates: count\n");
    gap("g", "\"after\":" + at(18) + ",\"before\":" + at(31));
    for (int second = 0; second < 60; second += 10) {
      publish("a", "g", second);
      publish("b", "h", second);
      publish("c", null, second);
    }

    assertThat(told())
        .containsExactlyInAnyOrder(
            "a 0",
            "a 10 incomplete",
            "a 20 incomplete",
            "a 30 incomplete",
            "a 40",
            "a 50", //
            "b 0",
            "b 10",
            "b 20",
            "b 30",
            "b 40",
            "b 50", //
            "c 0",
            "c 10",
            "c 20",
            "c 30",
            "c 40",
            "c 50");
  }

  @Test
  void itIsSaidBeforeTheAggregatesAndInNoOtherWay() {
    open("window: {tumbling: 10s}\naggregates: [count, max]\n");
    gap("g", "\"before\":" + at(5));
    publish("a", "g", 6);

    assertThat(run().results())
        .extracting(TestRecord::value)
        .containsExactly(
            "{\"query\":\"q\",\"key\":\"a\",\"start\":\"2023-11-14T22:13:20Z\","
                + "\"end\":\"2023-11-14T22:13:30Z\",\"complete\":false,\"count\":1,\"max\":6.0}");
  }

  @ParameterizedTest
  @CsvSource({"csv, 'a,2023-11-14T22:13:20Z,2023-11-14T22:13:30Z,6.0'", "number, 6.0"})
  void otherFormatsCannotSayIt(String format, String result) {
    open("window: {tumbling: 10s}\naggregates: max\nto: {format: %s}\n".formatted(format));
    gap("g", "\"before\":" + at(5));
    publish("a", "g", 6);

    assertThat(run().results()).extracting(TestRecord::value).containsExactly(result);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{hopping: 20s, every: 10s} | a 0, a 10 incomplete, a 20 incomplete, a 30",
        "{session: 3s}              | a 0, a 13, a 22 incomplete, a 38",
      })
  void windowsOfOtherKindsSayItToo(String window, String expected) {
    open("window: " + window + "\naggregates: count\n");
    gap("g", "\"after\":" + at(22) + ",\"before\":" + at(27));
    for (int second : new int[] {0, 13, 22, 38}) {
      publish("a", "g", second);
    }

    assertThat(told().stream().filter(each -> !each.startsWith("a -")).distinct().toList())
        .containsExactly(expected.split(", "));
  }

  @Test
  void aSlidingWindowEndsWithItsLastInstant() {
    open("window: {sliding: 10s}\naggregates: count\n");
    gap("g", "\"before\":" + at(10));
    publish("a", "g", 9);
    publish("b", "g", 10);
    publish("c", "g", 20);
    publish("d", "g", 21);

    assertThat(told()).contains("a -1", "b 0 incomplete", "c 10 incomplete", "d 11");
  }

  /** What is not known is not guessed. */
  @Test
  void aGapReachesAsFarAsItsTimesAreKnown() {
    open("window: {tumbling: 10s}\naggregates: count\n");
    gap("onlyAfter", "\"after\":" + at(15), at(22));
    gap("onlyBefore", "\"before\":" + at(15), at(32));
    gap("turned", "\"after\":" + at(25) + ",\"before\":" + at(15), at(32));
    gap("late", "\"after\":" + at(25), at(12));
    gap("none", "\"kept\":0", at(20));
    run().publish(Gaps.TOPIC, "none", "no json", at(20));
    for (int second = 5; second < 35; second += 10) {
      for (String gateway : List.of("onlyAfter", "onlyBefore", "turned", "late", "none")) {
        publish(gateway, gateway, second);
      }
    }

    assertThat(told().stream().filter(each -> each.endsWith("incomplete")))
        .containsExactlyInAnyOrder(
            "onlyAfter 10 incomplete",
            "onlyAfter 20 incomplete",
            "onlyBefore 10 incomplete",
            "turned 10 incomplete",
            "turned 20 incomplete",
            "late 20 incomplete");
    assertThat(run().count("analytics.gaps.timeless")).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "in, retention, '', true",
    "in, disk-full, '', true",
    "in, decimated, '', true",
    "in, corrupt, '', true",
    "in, poison, '', true",
    "in, unused, '', false",
    "other, corrupt, '', false",
    "in, retention, ',\"track\":\"refetch\",\"refetch\":\"1\"', false",
  })
  void onlyReadingsOfTheSourceThatAreMissingCount(
      String stream, String reason, String more, boolean marks) {
    open("window: {tumbling: 10s}\naggregates: count\n");
    run()
        .publish(
            Gaps.TOPIC,
            "g",
            "{\"gateway\":\"g\",\"stream\":\"%s\",\"reason\":\"%s\",\"before\":%d%s}"
                .formatted(stream, reason, at(1), more),
            at(1));
    publish("a", "g", 2);

    assertThat(told()).containsExactly(marks ? "a 0 incomplete" : "a 0");
    assertThat(run().count("analytics.gaps.timeless")).isZero();
  }

  @Test
  void finalWindowsSayWhatIsKnownWhenTheyAreTold() {
    open(
        """
        window: {tumbling: 10s, grace: 10s}
        aggregates: count
        emit: final
        recompute-after: 5s
        """);
    publish("a", "g", 1);
    publish("a", "g", 11);
    gap("g", "\"after\":" + at(12) + ",\"before\":" + at(14));
    publish("a", "g", 41);
    gap("g", "\"after\":" + at(2) + ",\"before\":" + at(4));

    assertThat(told()).containsExactly("a 0", "a 10 incomplete");
    publish("a", "g", 5); // amends the first one, of which more is known by now
    run().passTime(Duration.ofSeconds(6));
    assertThat(told()).contains("a 0 incomplete");
  }

  @Test
  void aKeyOfTheQuerysOwnHasReadingsOfSeveralGateways() {
    open("by: payload.site\nvalue: $.v\nwindow: {tumbling: 10s}\naggregates: count\n");
    gap("g2", "\"after\":" + at(3) + ",\"before\":" + at(4));
    for (int gateway = 0; gateway < 4; gateway++) {
      publish("a", "g" + gateway, 5, "{\"v\":1,\"site\":\"s" + gateway % 2 + "\"}");
    }
    assertThat(told()).containsExactly("s0 0", "s1 0", "s0 0 incomplete", "s1 0");

    gap("g2", "\"after\":" + at(9) + ",\"before\":" + at(25));
    gap("g9", "\"after\":" + at(9) + ",\"before\":" + at(25));
    publish("a", "g0", 15, "{\"v\":1,\"site\":\"s0\"}");
    publish("a", "g1", 15, "{\"v\":1,\"site\":\"s1\"}");
    assertThat(told()).as("without any reading of g2").containsExactly("s0 10 incomplete", "s1 10");
  }

  @ParameterizedTest
  @ValueSource(strings = {"updates", "final"})
  void aMergedWindowIsIncompleteIfOneOfItsPartsWas(String emit) {
    List<Query> chain =
        TopologyRun.queries(
            """
            - {name: s, from: in, window: {tumbling: 10s, grace: 0s}, aggregates: count, emit: %1$s}
            - {name: m, from: {query: s}, window: {tumbling: 1m, grace: 0s}, aggregates: count, emit: %1$s}
            """
                .formatted(emit));
    List<TestRecord<String, byte[]>> parts;
    try (var first = new TopologyRun(folder.resolve("s"), chain.getFirst())) {
      run = first;
      gap("g", "\"after\":" + at(12) + ",\"before\":" + at(14));
      for (int second = 0; second < 200; second += 10) {
        publish("a", "g", second);
      }
      parts = first.rawResults();
    }
    run = new TopologyRun(folder.resolve("m"), chain.getLast());
    parts.forEach(run()::publish);

    assertThat(chain.getLast().requiredTopics()).doesNotContain(Gaps.TOPIC);
    assertThat(told()).contains("a -20 incomplete", "a 40").doesNotContain("a 40 incomplete");
  }

  @Test
  void whoLooksBackSeesTheGapsThatThereAreNow() {
    var told = new ArrayList<String>();
    try (var memory = new StateMemory(16 << 20);
        var batch =
            new BatchRun(
                TopologyRun.query(
                    "- {name: q, from: in, window: {tumbling: 10s}, aggregates: count, emit: final}"),
                new All(),
                new AnalyticsMetrics(new SimpleMeterRegistry()).forQuery("q"),
                folder,
                memory,
                new BatchRun.Results() {
                  @Override
                  public void answer(long timeMs, byte[] value) {
                    throw new AssertionError("it has windows");
                  }

                  @Override
                  public void window(Windowed<Bytes> window, WindowState state) {
                    told.add(
                        (window.window().start() - TopologyRun.T0) / 1_000
                            + (state.incomplete() ? " incomplete" : ""));
                  }
                })) {
      batch.take(record(Gaps.TOPIC, gapText("g", "\"before\":" + at(15)), at(15)));
      batch.take(record("in", "1", at(1)));
      batch.take(record("in", "1", at(11)));
      batch.finish();
    }

    assertThat(told).containsExactly("0", "10 incomplete");
  }

  /** Every window of every key. */
  private record All() implements BatchRun.Selection {
    @Override
    public long fromMs() {
      return 0;
    }

    @Override
    public long toMs() {
      return Times.FOREVER;
    }

    @Override
    public boolean hasKey(Bytes key) {
      return true;
    }

    @Override
    public boolean has(Bytes key, long startMs, long endMs) {
      return true;
    }
  }

  private static ConsumerRecord<byte[], byte[]> record(String topic, String value, long timeMs) {
    byte[] bytes = utf8(value);
    return new ConsumerRecord<>(
        topic,
        0,
        0,
        timeMs,
        TimestampType.CREATE_TIME,
        1,
        bytes.length,
        utf8("a"),
        bytes,
        new RecordHeaders().add("gateway", utf8("g")),
        Optional.empty());
  }

  /** Or else the state of running queries would be looked for elsewhere. */
  @ParameterizedTest
  @ValueSource(strings = {"window: {tumbling: 10s}", "window: {tumbling: 10s}\nby: key"})
  void theStoreOfGapsLeavesNamesAndNumbersOfTasksAsTheyWere(String lines) {
    Query query =
        TopologyRun.query("- name: q\n  from: in\n  aggregates: count\n" + lines.indent(2));
    TopologyDescription with = TopologyRun.topology(query, folder).describe();

    assertThat(with.globalStores()).hasSize(1);
    assertThat(with.subtopologies().stream().flatMap(part -> part.nodes().stream()))
        .extracting(TopologyDescription.Node::name)
        .contains("KSTREAM-SOURCE-0000000000")
        .doesNotContain("gaps");
    assertThat(with.subtopologies())
        .filteredOn(part ->
            part.nodes().stream().anyMatch(node -> node.name().equals("KSTREAM-SOURCE-0000000000")))
        .extracting(TopologyDescription.Subtopology::id)
        .containsExactly(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "from: headwater-gaps, value: $.total",
        "from: {pattern: 'headwater-.*'}",
        "from: in, table: {topic: headwater-gaps, as: gap}",
      })
  void queriesOverTheGapsThemselvesDoNotLookAtThem(String from) {
    Query query =
        TopologyRun.query(
            "- {name: q, %s, window: {tumbling: 10s}, aggregates: count}".formatted(from));

    assertThat(query.looksAtGaps()).isFalse();
    assertThat(TopologyRun.topology(query, folder).describe().subtopologies()).isNotEmpty();
  }

  private void open(String lines) {
    run =
        new TopologyRun(
            folder, TopologyRun.query("- name: q\n  from: in\n" + lines.indent(2) + "\n"));
  }

  private static long at(int second) {
    return T0 + second * 1_000L;
  }

  private void gap(String gateway, String times) {
    gap(gateway, times, at(100));
  }

  private void gap(String gateway, String times, long writtenMs) {
    run().publish(Gaps.TOPIC, gateway, gapText(gateway, times), writtenMs);
  }

  private static String gapText(String gateway, String times) {
    return "{\"gateway\":\"%s\",\"stream\":\"in\",\"partition\":0,\"reason\":\"disk-full\",%s}"
        .formatted(gateway, times);
  }

  private void publish(String key, @Nullable String gateway, int second) {
    publish(key, gateway, second, Integer.toString(second));
  }

  private void publish(String key, @Nullable String gateway, int second, String payload) {
    var reading = new TestRecord<>(key, utf8(payload), Instant.ofEpochMilli(at(second)));
    if (gateway != null) {
      reading.headers().add("gateway", utf8(gateway));
    }
    run().publish(reading);
  }

  /** Key and start (in seconds), in the order in which the windows were told. */
  private List<String> told() {
    return run().json().stream()
        .filter(result -> !result.has("retracted"))
        .map(GapsTest::text)
        .toList();
  }

  private static String text(JsonNode result) {
    long startMs = Instant.parse(result.get("start").textValue()).toEpochMilli();
    return result.get("key").textValue()
        + " "
        + (startMs - T0) / 1_000
        + (result.path("complete").asBoolean(true) ? "" : " incomplete");
  }

  private TopologyRun run() {
    return Objects.requireNonNull(run);
  }
}
