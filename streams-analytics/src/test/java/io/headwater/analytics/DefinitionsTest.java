package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.process.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
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
        "name: q, from: in, window: {tumbling: 10s}, aggregates: [count, max]         |",
        "name: q, from: in, window: {tumbling: 10s}, aggregates: [count], to: there   |",
        "name: q, from: in, window: {tumbling: 20s}, aggregates: [count]              | window",
        "name: q, from: other, value: $.v, window: {tumbling: 10s}, aggregates: [max] | from value",
      })
  void tellsWhatTheStateDoesNotFit(String now, String keys) throws Exception {
    // Kept over a restart.
    Definitions.open(folder).put("q", definition(WRITTEN));
    Definitions applied = Definitions.open(folder);

    List<String> misfits = applied.misfits(query(now), definition(now));

    assertThat(String.join(" ", misfits)).isEqualTo(keys == null ? "" : keys);
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
        .containsExactly("from", "name", "window");
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
    return Objects.requireNonNull(Definitions.read(file(query)).get("q"));
  }
}
