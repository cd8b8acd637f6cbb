package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PoisonCountTest {
  private final PoisonCount poison = new PoisonCount();

  @Test
  void isTooMuchAfterThreeInARow() {
    poison.failed(new StreamsException(new SerializationException("stored window")));
    poison.failed(new StreamsException(new IllegalStateException("a fault of the program")));
    assertThat(poison.isSuspected()).isTrue();
    assertThat(poison.isTooMuch()).isFalse();

    poison.failed(new StreamsException(new SerializationException("stored window")));

    assertThat(poison.isTooMuch()).isTrue();
  }

  @Test
  void anAbsentHubIsNoPoisonHoweverLong() {
    for (int i = 0; i < 100; i++) {
      poison.failed(new StreamsException(new TimeoutException("the hub is away")));
    }

    assertThat(poison.isSuspected()).isFalse();
    assertThat(poison.isTooMuch()).isFalse();
  }
}
