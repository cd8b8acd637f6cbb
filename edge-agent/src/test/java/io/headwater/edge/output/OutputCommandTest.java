package io.headwater.edge.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class OutputCommandTest {
  private static final Target PIN = new Target.DigitalPin(17);
  private static final Target PWM = new Target.PwmChannel(0, 1, 1000);

  private static int parse(Target target, String payload) {
    return OutputCommand.parse(target, payload.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "on|1",
        "ON|1",
        "true|1",
        " 1 |1",
        "off|0",
        "false|0",
        "0|0",
        "{\"value\": 1}|1",
        "{\"value\": true}|1",
        "{\"value\": \"off\"}|0",
        "{\"name\":\"door\",\"value\":0,\"quality\":\"good\"}|0"
      })
  void levels(String payload, int value) {
    assertThat(parse(PIN, payload)).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "0|0",
        "100|100",
        "42|42",
        "42.4|42",
        "1e1|10",
        "{\"value\": 33.6, \"unit\": \"%\"}|34"
      })
  void percents(String payload, int value) {
    assertThat(parse(PWM, payload)).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "2|'2' is not on, off, 1, 0, true or false",
        "opne|'opne' is not on, off, 1, 0, true or false",
        "a\u0000b|is not on, off",
        "{|'{' is not JSON",
        "{\"valu\": 1}|the JSON has no 'value' that is a number, text or flag",
        "{\"value\": null}|the JSON has no 'value'",
        "{\"value\": [1]}|the JSON has no 'value'",
        "{\"quality\":\"bad\",\"fault\":\"no-answer\"}|the JSON has no 'value'"
      })
  void badLevelsAreNamed(String payload, String problem) {
    assertThatThrownBy(() -> parse(PIN, payload))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "on|'on' is not a number from 0 to 100",
        "NaN|NaN is not between 0 and 100",
        "-0.1|-0.1 is not between 0 and 100",
        "100.1|100.1 is not between 0 and 100",
        "1e999|1e999 is not between 0 and 100"
      })
  void badPercentsAreNamed(String payload, String problem) {
    assertThatThrownBy(() -> parse(PWM, payload))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void sizeIsBounded() {
    assertThatThrownBy(() -> OutputCommand.parse(PIN, new byte[0]))
        .hasMessage("the payload is empty");
    assertThatThrownBy(() -> OutputCommand.parse(PIN, new byte[1025]))
        .hasMessage("1025 bytes > max 1024");
    assertThatThrownBy(() -> parse(PIN, "x".repeat(1000)))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(100));
  }
}
