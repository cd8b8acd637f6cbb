package io.headwater.analytics.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** State that earlier builds have left in topics of the hub, in their own bytes. */
@Timeout(30)
class StoredVersionsTest {
  /** In the order that the query had, which is that of the fields. */
  private static final Layout LAYOUT =
      Layout.of(
          Stream.of(
                  "count",
                  "sum",
                  "min",
                  "max",
                  "mean",
                  "stddev",
                  "first",
                  "last",
                  "delta",
                  "rate",
                  "time_weighted_mean",
                  "median",
                  "p95",
                  "sum(b)")
              .map(Aggregate::parse)
              .toList());

  /**
   * Version 2, by commit 7d1f5bd: 20.5, -3, 1e16 and 0.25 at 1000, 1100, 1200 and 1300; {@code b}
   * is 0, 1, missing and 3.
   */
  private static final String WINDOW_2 =
      String.join(
          "",
          "02000000000000000400020f00000000000000044341c37937e08009bfd00000",
          "00000000c0080000000000004341c37937e0800000000000000000044321c379",
          "37e08008468d95108f88251900000000000003e8403480000000000000000000",
          "000005143fd00000000000000000000400000000000003e84034800000000000",
          "000000000000044cc00800000000000000000000000004b04341c37937e08000",
          "00000000000005143fd0000000000000000000a602830052403308f03f000000",
          "00000000000d20ff0a0200000000000000000000020000000000000000000000",
          "000000000000000000000d20c017020000000000000200000000000000000000",
          "0000000000000000000000000000000d20c09f02020000000000000000000000",
          "0000000000000000000200000000000000000000000f20c00802000000000002",
          "0000000000000000000000000000000000000000000000000000000000000000",
          "0000034010000000000000000000000000000000000000000000004008000000",
          "000000");

  /** Version 1, by the same commit: at 1790000000123, 20.5 and no second field. */
  private static final String READING_1 = "01000001a0c4506c7b40348000000000007ff8000000000000";

  /** Version 1, by commit 193ccfb: two readings, 1.5 and 2.5. */
  private static final String ACCUMULATOR_1 =
      "01"
          + "0000000000000002"
          + "4010000000000000"
          + "0000000000000000"
          + "3ff8000000000000"
          + "4004000000000000";

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  /** As that commit told them. */
  @ParameterizedTest
  @CsvSource({
    "count, 4",
    "sum, 1.0000000000000018E16",
    "min, -3",
    "max, 1e16",
    "mean, 2.5000000000000045E15",
    "stddev, 4.999999999999997E15",
    "first, 20.5",
    "last, 0.25",
    "delta, -20.25",
    "rate, -67.5",
    "time_weighted_mean, 1.0000000000000019E15",
    "median, 0.2498234120924775",
    "p95, 20.51180362442671",
    "sum(b), 4"
  })
  void windowsFromBeforeThereWereGatewaysTellTheSame(String aggregate, double told) {
    WindowState window = WindowState.decode(bytes(WINDOW_2));

    assertThat(LAYOUT.tell(Aggregate.parse(aggregate), window, 2000)).isEqualTo(told);
  }

  @Test
  void windowsFromBeforeThereWereGatewaysGoOn() {
    WindowState window = WindowState.decode(bytes(WINDOW_2));

    assertThat(window.gateways()).isEqualTo(Gateways.NONE);
    assertThat(window.incomplete()).isFalse();
    assertThat(window.encode()).isEqualTo(bytes(WINDOW_2));
    WindowState more = window.add(new Reading(1400, new double[] {7, 5}, 1));
    WindowState again = WindowState.decode(more.encode());
    assertThat(again.readings()).isEqualTo(5);
    assertThat(LAYOUT.tell(Aggregate.parse("sum(b)"), again, 2000)).isEqualTo(9);
  }

  @Test
  void readingsFromBeforeThereWereGatewaysAreRead() {
    try (Serde<Reading> serde = Reading.serde()) {
      assertThat(serde.deserializer().deserialize("t", bytes(READING_1)))
          .isEqualTo(
              new Reading(1_790_000_000_123L, new double[] {20.5, Double.NaN}, Gateways.NONE));
    }
  }

  /** The first windows had no fields; {@code headwater analytics reset} is the way out. */
  @Test
  void windowsOfTheFirstVersionAreRefused() {
    assertThatThrownBy(() -> WindowState.decode(bytes(ACCUMULATOR_1)))
        .isInstanceOf(SerializationException.class)
        .hasMessage("stored window of 41 bytes is not of version 2 or 3");
  }

  /** A later build's, after which an earlier one was installed again. */
  @Test
  void newerVersionsAreRefused() {
    for (byte[] stored : List.of(bytes(WINDOW_2), bytes(READING_1))) {
      stored[0] = 4;
      assertThatThrownBy(() -> WindowState.decode(stored))
          .isInstanceOf(SerializationException.class)
          .hasMessageEndingWith("is not of version 2 or 3");
      try (Serde<Reading> serde = Reading.serde()) {
        assertThatThrownBy(() -> serde.deserializer().deserialize("t", stored))
            .isInstanceOf(SerializationException.class)
            .hasMessageEndingWith("is not of version 1 or 2");
      }
    }
  }
}
