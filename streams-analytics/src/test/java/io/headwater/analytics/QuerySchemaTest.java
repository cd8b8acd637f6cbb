package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.headwater.analytics.aggregate.Aggregate;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The JSON Schema for editors says what {@link QueryFile} takes, no more and no less. */
@Timeout(30)
class QuerySchemaTest {
  private static final Map<String, Set<String>> KEYS =
      Map.of(
          "query", QueryReader.KEYS,
          "from", SourceReader.FROM_KEYS,
          "join", SourceReader.JOIN_KEYS,
          "table", InputReader.TABLE_KEYS,
          "decode", InputReader.DECODE_KEYS,
          "field", InputReader.FIELD_KEYS,
          "window", WindowsReader.WINDOW_KEYS,
          "to", OutputReader.TO_KEYS,
          "route", OutputReader.ROUTE_KEYS);

  private final JsonNode schema = schema();

  @Test
  void knowsTheKeysOfEachSection() {
    assertThat(names(schema)).isEqualTo(QueryFile.KEYS);
    KEYS.forEach(
        (section, keys) -> assertThat(names(definition(section))).as(section).isEqualTo(keys));
  }

  @Test
  void describesEachKeyAndTakesNoOthers() {
    KEYS.keySet()
        .forEach(section -> {
          assertThat(definition(section).get("additionalProperties").booleanValue()).isFalse();
          definition(section)
              .get("properties")
              .forEachEntry((key, property) -> {
                boolean described =
                    property.has("description")
                        || definition(property.path("$ref").asText().replace("#/$defs/", ""))
                            .has("description");
                assertThat(described).as("%s of %s", key, section).isTrue();
              });
        });
  }

  @Test
  void knowsTheChoices() {
    assertThat(choices(definition("to").at("/properties/format")))
        .isEqualTo(labels(Output.Format.values()));
    assertThat(choices(definition("field").at("/properties/type")))
        .isEqualTo(labels(InputReader.FieldType.values()));
    assertThat(choices(definition("query").at("/properties/emit")))
        .containsExactlyInAnyOrder("updates", "final");
    assertThat(choices(definition("query").at("/properties/late")))
        .isEqualTo(labels(WindowsReader.LateChoice.values()));
  }

  @Test
  void knowsTheAggregates() {
    Pattern pattern = Pattern.compile(definition("aggregate").get("pattern").textValue());
    for (String name : Aggregate.names()) {
      assertThat(name).matches(pattern);
      assertThat(name + "(celsius)").matches(pattern);
      assertThat(Aggregate.parse(name + "(celsius)").field()).isEqualTo("celsius");
    }
    assertThat("p99.9").matches(pattern);
    assertThat("meen").doesNotMatch(pattern);
  }

  @Test
  void theExampleUsesEveryKeyAndIsValid() throws Exception {
    Path example = Headwater.home().resolve("streams-analytics/examples/queries.yaml");

    assertThat(QueryFile.read(example)).hasSize(7);
    String text = Files.readString(example);
    KEYS.values()
        .forEach(keys ->
            assertThat(keys)
                .allSatisfy(key -> assertThat(text).containsPattern("\\b" + key + ":")));
  }

  private JsonNode definition(String name) {
    return schema.at("/$defs/" + name);
  }

  private static Set<String> names(JsonNode section) {
    var names = new TreeSet<String>();
    section.get("properties").fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static Set<String> choices(JsonNode property) {
    var choices = new TreeSet<String>();
    property.get("enum").forEach(choice -> choices.add(choice.textValue()));
    return choices;
  }

  private static Set<String> labels(Enum<?>... values) {
    var labels = new TreeSet<String>();
    Arrays.stream(values).map(Texts::label).forEach(labels::add);
    return labels;
  }

  private static JsonNode schema() {
    Path file = Headwater.home().resolve("streams-analytics/schema/queries.schema.json");
    try {
      return TopologyRun.json(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
