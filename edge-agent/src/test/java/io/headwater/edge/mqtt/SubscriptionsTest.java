package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class SubscriptionsTest {
  @ParameterizedTest
  @CsvSource({
    "a/b, a/b, true",
    "a/b, a/c, false",
    "a/b, a/b/c, false",
    "a/b/c, a/b, false",
    "a/+, a/b, true",
    "a/+, a, false",
    "a/+, a/, true",
    "+/+, /a, true",
    "a/+/c, a/b/c, true",
    "a/#, a, true",
    "a/#, a/b/c, true",
    "a/#, ab, false",
    "#, a/b, true",
    "#, $SYS/a, false",
    "+/a, $SYS/a, false",
    "$SYS/#, $SYS/a, true",
    "a, a/, false",
  })
  void filtersFitByTheStandardsRules(String filter, String topic, boolean fits) {
    assertThat(Subscriptions.matches(filter, topic)).isEqualTo(fits);
  }

  @ParameterizedTest
  @CsvSource({"a, true", "a/+/#, true", "'', false", "a+, false", "a/#/b, false", "a#, false"})
  void wildcardsTakeAWholeLevel(String filter, boolean isOne) {
    assertThat(Subscriptions.isFilter(filter)).isEqualTo(isOne);
  }
}
