package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ValuePathTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "$|21.5|21.5",
        "$|-3|-3",
        "$.value|{\"value\":20}|20",
        "$.a.b-c|{\"a\":{\"b-c\":1e3}}|1000",
        "$['air temperature']|{\"air temperature\":4}|4",
        "$.list[1]|{\"list\":[1,2]}|2",
        "$[0].t|[{\"t\":7}]|7",
        "$.größe|{\"größe\":1.5}|1.5",
      })
  void findsTheNumber(String path, String payload, double number) throws Exception {
    assertThat(ValuePath.parse(path).read(json(payload))).hasValue(number);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "$|{\"value\":20}",
        "$|\"21.5\"",
        "$|null",
        "$|true",
        "$|1e999",
        "$.value|21.5",
        "$.value|{\"value\":null}",
        "$.value.deep|{\"value\":1}",
        "$[0]|{\"0\":1}",
        "$[2]|[1,2]",
      })
  void findsNothingWhereThereIsNoFiniteNumber(String path, String payload) throws Exception {
    assertThat(ValuePath.parse(path).read(json(payload))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "value", "$value", "$.", "$..a", "$[a]", "$['']", "$[-1]", "$.a[", "$ "})
  void refusesWhatIsNotAPathToOnePlace(String text) {
    assertThatThrownBy(() -> ValuePath.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("'" + text + "' is not a path");
  }

  private static JsonNode json(String payload) throws JsonProcessingException {
    return new ObjectMapper().readTree(payload);
  }
}
