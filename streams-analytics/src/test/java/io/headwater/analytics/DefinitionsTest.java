package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.process.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class DefinitionsTest {
  private static final String WRITTEN =
      "name: q, from: in, window: {tumbling: 10s}, aggregates: [count]";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name: q, from: in, window: {tumbling: 10s}, aggregates: [count]              |",
        "name: q, from: in, window: {tumbling: 10000ms, grace: 24h}, aggregates: [count] |",
        "name: q, from: in, window: {tumbling: 10s}, aggregates: [count, max]         | aggregates",
        "name: q, from: in, window: {tumbling: 10s}, aggregates: [count], having: count > 1 |",
        "name: q, from: in, window: {tumbling: 10s}, aggregates: [count], where: key != 'a' | where",
        "name: q, from: in, window: {tumbling: 10s}, aggregates: [count], emit: final | emit",
        "name: q, from: in, window: {tumbling: 10s}, aggregates: [count], to: there   |",
        "name: q, from: in, window: {tumbling: 20s}, aggregates: [count]              | window",
        "name: q, from: other, value: $.v, window: {tumbling: 10s}, aggregates: [max] | aggregates from value",
      })
  void tellsWhatTheStateDoesNotFit(String now, String keys) throws Exception {
    // Kept over a restart.
    Definitions.open(folder).put("q", definition(WRITTEN));
    Definitions applied = Definitions.open(folder);

    List<String> misfits = applied.misfits(query(now), definition(now));

    assertThat(String.join(" ", misfits)).isEqualTo(keys == null ? "" : keys);
  }

  @Test
  void aggregatesOfWhatIsKeptAlreadyFit() throws Exception {
    Definitions applied = Definitions.open(folder);
    applied.put("q", definition("name: q, from: in, window: {tumbling: 10s}, aggregates: [mean]"));

    String now = "name: q, from: in, window: {tumbling: 10s}, aggregates: [min, max, sum]";

    assertThat(applied.misfits(query(now), definition(now))).isEmpty();
  }

  /** What the other query keeps is not this one's state. */
  @Test
  void aQueryThatMergesAnotherFitsItself() throws Exception {
    Definitions applied = Definitions.open(folder);
    applied.put("s", definition("name: s, from: in, window: {tumbling: 1s}, aggregates: [mean]"));
    String merging = "name: q, from: {query: s}, window: {tumbling: 1m}, aggregates: [mean]";
    applied.put("q", definition(merging + ", to: there"));

    Path file = folder.resolve("both.yaml");
    Files.writeString(
        file,
        "queries:\n  - {name: s, from: in, window: {tumbling: 1s}, aggregates: [mean, max]}\n  - {"
            + merging
            + "}\n");

    assertThat(applied.misfits(QueryFile.read(file).getLast(), definition(merging))).isEmpty();
  }

  @Test
  void whatHasNoStateFits() throws Exception {
    assertThat(Definitions.open(folder).misfits(query(WRITTEN), definition(WRITTEN))).isEmpty();
  }

  @Test
  void aStateThatWasHalfDeletedFitsNothing() throws Exception {
    Definitions applied = Definitions.open(folder);
    applied.put("q", definition(WRITTEN).removeAll());

    assertThat(applied.misfits(query(WRITTEN), definition(WRITTEN)))
        .containsExactly("aggregates", "from", "name", "window");
  }

  @Test
  void saysWhichFileIsDamaged() throws Exception {
    Files.writeString(folder.resolve("queries.json"), "{");

    assertThatThrownBy(() -> Definitions.open(folder))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("queries.json cannot be read");
  }

  private Path file(String query) throws Exception {
    Path file = folder.resolve("queries.yaml");
    Files.writeString(file, "queries:\n  - {" + query + "}\n");
    return file;
  }

  private Query query(String query) throws Exception {
    return QueryFile.read(file(query)).getFirst();
  }

  private ObjectNode definition(String query) throws Exception {
    return Definitions.read(file(query)).values().iterator().next();
  }
}
