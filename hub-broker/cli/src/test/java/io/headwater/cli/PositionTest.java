package io.headwater.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine.TypeConversionException;

@Timeout(10)
class PositionTest {
  private final ConsumeCommand.PlaceConverter from = new ConsumeCommand.PlaceConverter();

  @Test
  void readsTimesWithAndWithoutOffset() {
    assertThat(Position.named("2026-11-24T13:00:00+01:00")).contains(since("2026-11-24T12:00:00Z"));
    assertThat(Position.named("2026-11-24T12:00")).contains(since("2026-11-24T12:00:00Z"));
    assertThat(Position.named("2026-11-24")).contains(since("2026-11-24T00:00:00Z"));
    assertThat(Position.named("yesterday")).isEmpty();
  }

  private static Position since(String time) {
    return new Position.Since(Instant.parse(time));
  }

  @Test
  void aReaderBeginsAtAnOffsetOrBeforeTheEnd() {
    assertThat(from.convert("earliest")).isEqualTo(new Position.Earliest());
    assertThat(from.convert("17")).isEqualTo(new Position.At(17));
    assertThat(from.convert("-3")).isEqualTo(new Position.BeforeEnd(3));
    assertThat(from.convert("-0")).isEqualTo(new Position.BeforeEnd(0));
    assertThatThrownBy(() -> from.convert("latst"))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("'latst' is not earliest, latest, an offset, -N or a time");
    assertThatThrownBy(() -> from.convert("-9223372036854775808"))
        .isInstanceOf(TypeConversionException.class);
  }

  @Test
  void aGroupGoesToAnOffsetOrAwayFromWhereItIs() {
    assertThat(GroupsResetOffsets.PlaceConsumer.parse("offset 17")).isEqualTo(new Position.At(17));
    assertThat(GroupsResetOffsets.PlaceConsumer.parse("by -3")).isEqualTo(new Position.By(-3));
    assertThat(GroupsResetOffsets.PlaceConsumer.parse("by +3")).isEqualTo(new Position.By(3));
    assertThat(GroupsResetOffsets.PlaceConsumer.parse("latest")).isEqualTo(new Position.Latest());
    for (String wrong : new String[] {"", "17", "-3", "offset", "offset -1", "by x", "here"}) {
      assertThat(GroupsResetOffsets.PlaceConsumer.parse(wrong)).as(wrong).isNull();
    }
  }
}
