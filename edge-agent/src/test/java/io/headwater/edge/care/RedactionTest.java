package io.headwater.edge.care;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(10)
class RedactionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "password: hunter2 | password: (redacted)",
        "  mqtt-password: 'hunter2' # mine | mqtt-password: (redacted) # mine",
        "{user: a, secret: hunter2, qos: 1} | {user: a, secret: (redacted)",
        "password: pass, word hunter2} | password: (redacted)",
        "password: 'it''s hunter2' # mine | password: (redacted) # mine",
        "{\"token\":\"a\\\"hunter2\",\"qos\":1} | {\"token\":(redacted),\"qos\":1}",
        "{\"tokens\":7,\"qos\":1} | {\"tokens\":(redacted),\"qos\":1}",
        "HEADWATER_EDGE_API_KEY=hunter2 | HEADWATER_EDGE_API_KEY=(redacted)",
        "at mqtts://bob:hunter2@broker:8883 now | at mqtts://(redacted)@broker:8883 now",
        "bob:$7$101$hunter2$hunter2== | bob:(redacted)",
        "bob:$2b$10$hunter2hunter2 | bob:(redacted)",
      })
  void secretsAreTakenOut(String text, String rest) {
    assertThat(Redaction.of(text)).isEqualTo(rest);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "password-file: /etc/headwater/mqtt.passwords",
        "# password-file: /etc/headwater/gateway.password",
        "  bridges: [broker.example:8883]",
        "topic: sensors/token/1",
      })
  void theRestStays(String text) {
    assertThat(Redaction.of(text)).isEqualTo(text);
  }

  @Test
  void blocksAreTakenOut() {
    assertThat(Redaction.of("a:\n  password: |\n    hunter2\n    hunter3\nb: 1\n"))
        .isEqualTo("a:\n  password: (redacted)\nb: 1\n");
  }

  @Test
  void keysInPemFormAreTakenOut() {
    assertThat(
            Redaction.of(
                "a\n-----BEGIN EC PRIVATE KEY-----\naHVudGVyMg==\n-----END EC PRIVATE KEY-----\nb"))
        .isEqualTo("a\n-----BEGIN EC PRIVATE KEY-----(redacted)-----END EC PRIVATE KEY-----\nb");
  }
}
