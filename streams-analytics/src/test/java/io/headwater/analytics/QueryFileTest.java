package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.headwater.process.UserError;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
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
                "sensors.temperature",
                List.of(ValuePath.parse("$.value"), ValuePath.parse("$")),
                new Query.Tumbling(Duration.ofSeconds(10), Duration.ofHours(24)),
                EnumSet.allOf(Aggregate.class),
                Query.Emit.UPDATES,
                "analytics.temperature-10s"));
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
                "readings",
                List.of(ValuePath.parse("$")),
                new Query.Tumbling(Duration.ofMinutes(1), Duration.ofHours(24)),
                EnumSet.of(Aggregate.MEAN),
                Query.Emit.UPDATES,
                "analytics.mean"));
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
                emit: final
              - name: good
                from: analytics.good
                window: {tumbling: 0s}
                aggregates: []
              - from: [x]
                window: 10s
            querys: 1
            """);

    assertThat(errors)
        .containsExactly(
            "q.yaml line 2: name: 'a b' must be 1 to 100 characters out of a-z A-Z 0-9 . _ -",
            "q.yaml line 2: 'from' is missing",
            "q.yaml line 3: unknown key 'form': did you mean 'from'?",
            "q.yaml line 4: value: 'value' is not a path: write $ for the payload itself, $.name,"
                + " $['a name'] or $.list[0]",
            "q.yaml line 5: unknown key 'tumblng': did you mean 'tumbling'?",
            "q.yaml line 5: 'tumbling' is missing",
            "q.yaml line 5: grace: 'soon' is not a duration: write a number with ms, s, m, h or d,"
                + " like 10s",
            "q.yaml line 6: aggregates: unknown aggregate 'meen': did you mean 'mean'?",
            "q.yaml line 7: emit: 'final' is not known; known: updates",
            "q.yaml line 8: 'to' is the topic that the query reads: choose another than"
                + " 'analytics.good'",
            "q.yaml line 10: tumbling: 0s is not between 1s and 366d",
            "q.yaml line 11: 'aggregates' is missing: choose from count, min, max, mean",
            "q.yaml line 12: 'name' is missing",
            "q.yaml line 12: 'from' must be a single value",
            "q.yaml line 12: 'aggregates' is missing: choose from count, min, max, mean",
            "q.yaml line 13: 'window' must be keys and values: grace, tumbling",
            "q.yaml line 14: unknown key 'querys': did you mean 'queries'?");
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
