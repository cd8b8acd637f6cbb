package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.headwater.analytics.aggregate.Aggregate;
import io.headwater.analytics.decode.PayloadFormat;
import io.headwater.process.UserError;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class QueryFileTest {
  @TempDir private Path folder;

  @Test
  void readsTheDemosFile() {
    Path demo = Headwater.home().resolve("streams-analytics/examples/demo-queries.yaml");

    assertThat(QueryFile.read(demo))
        .containsExactly(
            new Query(
                "temperature-10s",
                Source.of("sensors.temperature"),
                readings("$.value", "$"),
                windows(Duration.ofSeconds(10), "count", "min", "max", "mean"),
                Output.to("analytics.temperature-10s")));
  }

  @Test
  void fillsInDefaults() {
    List<Query> queries =
        read(
            """
            queries:
              - name: mean
                from: readings
                window: {tumbling: 1m}
                aggregates: mean
            """);

    assertThat(queries)
        .containsExactly(
            new Query(
                "mean",
                Source.of("readings"),
                readings("$"),
                windows(Duration.ofMinutes(1), "mean"),
                Output.to("analytics.mean")));
  }

  @Test
  void tellsAllErrorsAtOnceWithTheirLines() {
    List<String> errors =
        errorsOf(
            """
            queries:
              - name: a b
                form: readings
                value: value
                window: {tumblng: 10s, grace: soon}
                aggregates: [count, meen]
                emit: finl
              - name: good
                from: analytics.good
                window: {tumbling: 0s}
                aggregates: []
              - from: [x]
                window: 10s
            querys: 1
            """);

    String known = String.join(", ", Aggregate.names());
    assertThat(errors)
        .containsExactly(
            "q.yaml line 2: name: 'a b' must be 1 to 100 characters out of a-z A-Z 0-9 . _ -",
            "q.yaml line 2: 'from' is missing",
            "q.yaml line 3: unknown key 'form': did you mean 'from'?",
            "q.yaml line 4: value: 'value' is not a path: write $ for the payload itself, $.name,"
                + " $['a name'] or $.list[0]",
            "q.yaml line 5: unknown key 'tumblng': did you mean 'tumbling'?",
            "q.yaml line 5: grace: 'soon' is not a duration: write a number with ms, s, m, h or d,"
                + " like 10s",
            "q.yaml line 5: 'window' needs one of tumbling, hopping, sliding, session with a"
                + " duration",
            "q.yaml line 6: aggregates: unknown aggregate 'meen': did you mean 'mean'?",
            "q.yaml line 7: emit: 'finl' is not known: did you mean 'final'?",
            "q.yaml line 8: 'to' is the topic that the query reads: choose another than"
                + " 'analytics.good'",
            "q.yaml line 10: tumbling: 0s is not between 1s and 366d",
            "q.yaml line 11: 'aggregates' is missing: choose from " + known,
            "q.yaml line 12: 'name' is missing",
            "q.yaml line 12: 'aggregates' is missing: choose from " + known,
            "q.yaml line 13: 'window' must be keys and values: every, grace, hopping, session,"
                + " sliding, tumbling",
            "q.yaml line 14: unknown key 'querys': did you mean 'queries'?");
  }

  /** Each with what it must be told, after the file's name and the line. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "where: valu > 3|where: 'valu > 3': unknown name 'valu' (column 1): did you mean 'value'?",
        "where: value + 1|where: 'value + 1' is a number, but must be a condition",
        "where: value >|where: 'value >': mismatched input '<EOF>'",
        "where: key > 3|where: 'key > 3': found no matching overload for '_>_' applied to '(string, int)'",
        "fields: {t: $.t, f: tt * 2}|f: 'tt * 2': unknown name 'tt' (column 1): did you mean 't'?",
        "fields: {key: $.t}|the name 'key' is already taken: choose another",
        "fields: {in: $.t}|fields: 'in' cannot be a name in expressions",
        "fields: {t: {path: $.t, type: txt}}|type: 'txt' is not known: did you mean 'text'?",
        "fields: $.t|'fields' must be names, each with a path like $.humidity or an expression",
        "decode: jsn|decode: 'jsn' is not known: write json, number, or {csv: [column, column]}",
        "decode: {csv: []}|'csv' is missing: list the names of the columns",
        "decode: {csv: [a, a]}|csv: column 'a' is empty or given twice",
        "decode: {csv: [a], separator: ab}|separator: 'ab' is not a separator",
        "aggregates: mean(celsus)|aggregates: 'celsus' is not a number of the readings",
        "aggregates: [mean, mean]|aggregates: 'mean' is there twice",
        "aggregates: mean[x]|aggregates: 'mean[x]' is not an aggregate: write for example mean",
        "having: mean > 3|having: 'mean > 3': unknown name 'mean' (column 1)",
        "window: {tumbling: 1s, session: 2s}|'window' needs one of tumbling, hopping, sliding",
        "window: {hopping: 10s}|'every' is missing",
        "window: {hopping: 10s, every: 20s}|every: must be at most the size",
        "window: {tumbling: 10s, every: 5s}|'every' is for hopping windows; leave it out",
        "idle: 5s|'idle' is for emit: final; leave it out",
        "keep: 5s|'keep' is for emit: final; others take readings as long as 'grace'",
        "late: sid|late: 'sid' is not known: did you mean 'side'?",
        "routes: [{when: value > 1, to: x}]|'routes' are for queries without window; leave them out",
        "to: {format: payload}|format: a window has no payload; choose json, csv or number",
        "to: {key: count}|key: 'count': unknown name 'count' (column 1)",
        "to: {retention: 1s}|retention: 1s is not between 60s and 3660d",
        "to: {partitions: many}|partitions: 'many' is not a number between 1 and 1000",
        "from: {pattern: '['}|pattern: '[' is not a regular expression",
        "from: {query: x}|query: there is no valid query 'x' above this one",
        "join: {topic: x, as: y}|'within' is missing",
        "join: {topic: x, as: payload, within: 1s}|the name 'payload' is already taken",
        "table: {topic: x}|'as' is missing",
        "join: {topic: x, as: y, within: 1s}|join: 'x' is read by 'from' already",
        "table: {topic: x, as: y, required: maybe}|required: 'maybe' is neither true nor false"
      })
  void saysWhatIsWrongWithALine(String line, String problem) {
    String key = line.substring(0, line.indexOf(':'));
    String others =
        Stream.of("from: x", "window: {tumbling: 10s}", "aggregates: count")
            .filter(other -> !other.startsWith(key + ":"))
            .collect(Collectors.joining("\n    "));

    assertThat(errorsOf("queries:\n  - name: q\n    " + line + "\n    " + others + "\n"))
        .first(InstanceOfAssertFactories.STRING)
        .startsWith("q.yaml line 3: " + problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"having: value > 1", "emit: final", "idle: 3s", "by: key"})
  void refusesWithoutAWindowWhatNeedsOne(String line) {
    assertThat(errorsOf("queries:\n  - name: q\n    from: x\n    " + line + "\n"))
        .first(InstanceOfAssertFactories.STRING)
        .contains("for queries with a window");
  }

  @Test
  void refusesAQueryThatReadsWhatItWrites() {
    assertThat(errorsOf("queries:\n  - name: q\n    from: {pattern: .*}\n"))
        .containsExactly(
            "q.yaml line 2: 'to' is the topic that the query reads: choose another than"
                + " 'analytics.q'",
            "q.yaml line 3: 'from' takes the query's own dead letters 'analytics.dead-letters'");
  }

  @Test
  void aQueryMergesOnlyWhatTheOtherOneKeeps() {
    List<String> errors =
        errorsOf(
            """
            queries:
              - {name: a, from: x, window: {tumbling: 10s}, aggregates: [mean, p50]}
              - {name: b, from: {query: a}, window: {tumbling: 1m}, aggregates: [max, p99]}
              - {name: c, from: {query: a}, window: {tumbling: 15s}, aggregates: mean}
              - {name: d, from: {query: a}, window: {tumbling: 1m}, aggregates: [stddev, mean(t)]}
              - {name: e, from: {query: b2}, window: {tumbling: 1m}, aggregates: mean}
              - {name: f, from: {query: a}, window: {session: 1m}, aggregates: mean, by: key}
            """);

    assertThat(errors)
        .containsExactly(
            "q.yaml line 4: window: must be tumbling or hopping by multiples of the 10 s of query"
                + " 'a'",
            "q.yaml line 5: aggregates: query 'a' does not keep what percentiles, deviations or"
                + " ends of value need, t",
            "q.yaml line 6: query: there is no valid query 'b2' above this one: did you mean 'b'?",
            "q.yaml line 7: window: must be tumbling or hopping by multiples of the 10 s of query"
                + " 'a'",
            "q.yaml line 7: 'by' has no place here: the windows of a query are merged");
  }

  @Test
  void refusesTwoQueriesOfOneNameAndOneResultTopic() {
    List<String> errors =
        errorsOf(
            """
            queries:
              - {name: a, from: x, window: {tumbling: 1s}, aggregates: count}
              - {name: a, from: x, window: {tumbling: 1s}, aggregates: count, to: other}
              - {name: b, from: x, window: {tumbling: 1s}, aggregates: count, to: analytics.a}
            """);

    assertThat(errors)
        .containsExactly(
            "q.yaml line 3: name 'a' is already taken by the query in line 2",
            "q.yaml line 4: result topic 'analytics.a' is already taken by the query in line 2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# nothing\n", "queries:\n", "queries: []\n", "queries: x\n", "a\n"})
  void refusesAFileWithoutQueries(String text) {
    assertThat(errorsOf(text)).singleElement(InstanceOfAssertFactories.STRING).startsWith("q.yaml");
  }

  @Test
  void namesTheLineThatIsNotYaml() {
    assertThat(errorsOf("queries:\n  - name: a\n   from: x\n"))
        .singleElement(InstanceOfAssertFactories.STRING)
        .startsWith("q.yaml line 3");
  }

  @Test
  void refusesAKeyThatIsGivenTwice() {
    assertThat(
            errorsOf(
                """
                queries:
                  - name: a
                    from: x
                    from: y
                    window: {tumbling: 1s}
                    aggregates: count
                """))
        .containsExactly("q.yaml line 4: 'from' is given twice");
  }

  @Test
  void namesAFileThatIsNotThere() {
    Path missing = folder.resolve("missing.yaml");

    UserError error = catchThrowableOfType(UserError.class, () -> QueryFile.read(missing));

    assertThat(error).hasMessage("--queries " + missing + ": there is no such file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "window: {tumbling: 999ms}|tumbling",
        "window: {tumbling: 367d}|tumbling",
        "window: {tumbling: 1s, grace: 367d}|grace"
      })
  void refusesWindowsOutOfRange(String window, String key) {
    assertThat(errorsOf("queries:\n  - {name: a, from: x, aggregates: count, " + window + "}\n"))
        .singleElement(InstanceOfAssertFactories.STRING)
        .startsWith("q.yaml line 2: " + key + ": ");
  }

  private static Readings readings(String... value) {
    return new Readings(
        new PayloadFormat.Json(),
        Stream.of(value).map(ValuePath::parse).toList(),
        true,
        Optional.empty(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        "analytics.dead-letters");
  }

  private static Optional<Windows> windows(Duration size, String... aggregates) {
    return Optional.of(
        new Windows(
            new Window.Tumbling(size, Duration.ofHours(24)),
            Stream.of(aggregates).map(Aggregate::parse).toList(),
            Optional.empty(),
            new Windows.Emit.Updates(),
            new Late.Recompute(Duration.ofHours(1), Duration.ofMinutes(1)),
            Optional.empty()));
  }

  @Test
  void lateReadingsGoToATopicThatIsNobodyElses() {
    assertThatThrownBy(() ->
            read(
                """
                queries:
                  - {name: a, from: in, window: {tumbling: 10s}, aggregates: count, late: side, to: x}
                  - {name: b, from: in, window: {tumbling: 10s}, aggregates: count, to: x.late}
                """))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("result topic 'x.late' is already taken by the query in line 2");
    assertThatThrownBy(() ->
            read(
                "queries:\n  - {name: a, from: in, window: {tumbling: 10s}, aggregates: count,"
                    + " late: side, to: "
                    + "x".repeat(245)
                    + "}\n"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("line 2: late: '" + "x".repeat(245) + ".late' is not a topic");
  }

  private List<Query> read(String text) {
    try {
      return QueryFile.read(Files.writeString(folder.resolve("q.yaml"), text));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The lines of the error, with the folder taken out. */
  private List<String> errorsOf(String text) {
    UserError error = catchThrowableOfType(UserError.class, () -> read(text));
    assertThat(error).as("%s was accepted", text).isNotNull();
    assertThat(error.exitCode()).isEqualTo(2);
    String message = Objects.requireNonNull(error.getMessage());
    return message.replace(folder + "/", "").lines().toList();
  }
}
