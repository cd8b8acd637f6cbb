package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class WindowsRequestTest {
  private static final long NOON = Instant.parse("2026-11-24T12:00:00Z").toEpochMilli();

  @Test
  void asksForTheNewestOfAllKeysUnlessTold() {
    WindowsRequest request = WindowsRequest.parse(Optional.empty());

    assertThat(request.key()).isEmpty();
    assertThat(request.from()).isZero();
    assertThat(request.to()).isGreaterThan(NOON);
    assertThat(request.limit()).isEqualTo(1_000);
  }

  @Test
  void readsWhatIsEncoded() {
    assertThat(WindowsRequest.parse(Optional.of("key=hall+1%2Fd%C3%BCse&limit=7&from=1&to=2")))
        .isEqualTo(new WindowsRequest(Optional.of("hall 1/düse"), 1, 2, 7));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1795521600000",
        "2026-11-24T12:00:00Z",
        "2026-11-24T12:00:00.000Z",
        "2026-11-24T12:00",
        "2026-11-24T13:00:00+01:00",
        "2026-11-24T13:00:00%2B01:00"
      })
  void takesTimesAsPeopleWriteThem(String time) {
    assertThat(WindowsRequest.parse(Optional.of("from=" + time)).from()).isEqualTo(NOON);
  }

  @Test
  void takesADayAsItsStart() {
    assertThat(WindowsRequest.parse(Optional.of("to=2026-11-24")).to())
        .isEqualTo(NOON - 12 * 3_600_000L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "frm=1          | unknown parameter 'frm': did you mean 'from'?",
        "from=yesterday | from=yesterday is not a time: write 2026-11-24T12:00:00Z",
        "to=2026-13-01  | to=2026-13-01 is not a time",
        "from=2&to=2    | from=2 is not before to=2",
        "to=0           | from=1970-01-01 is not before to=0",
        "limit=0        | limit=0 is not a number from 1 to 10000",
        "limit=10001    | limit=10001 is not a number from 1 to 10000",
        "key=a&key=b    | 'key' is given twice",
        "key=%zz        | '%zz' is not encoded",
      })
  void saysWhatIsWrong(String parameters, String problem) {
    assertThatThrownBy(() -> WindowsRequest.parse(Optional.of(parameters)))
        .isInstanceOfSatisfying(ApiError.class, e -> assertThat(e.status()).isEqualTo(400))
        .hasMessageContaining(problem);
  }
}
