package io.headwater.analytics.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.headwater.testsupport.Seed;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Serde;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class WindowStateTest {
  private static final List<Aggregate> ALL =
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
              "p99.9")
          .map(Aggregate::parse)
          .toList();

  private static final Layout LAYOUT = Layout.of(ALL);

  @Test
  void agreesWithExactArithmetic() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    WindowState window = LAYOUT.empty();
    BigDecimal sum = BigDecimal.ZERO;
    double[] readings = new double[2_000];

    for (int i = 0; i < readings.length; i++) {
      readings[i] = random.nextDouble(-1, 1) * Math.pow(10, random.nextInt(-6, 9));
      window = window.add(reading(i, readings[i]));
      sum = sum.add(new BigDecimal(readings[i]));
    }

    BigDecimal mean = sum.divide(BigDecimal.valueOf(readings.length), MathContext.DECIMAL128);
    BigDecimal squares = BigDecimal.ZERO;
    for (double reading : readings) {
      squares = squares.add(new BigDecimal(reading).subtract(mean).pow(2), MathContext.DECIMAL128);
    }
    double deviation =
        squares
            .divide(BigDecimal.valueOf(readings.length - 1), MathContext.DECIMAL128)
            .sqrt(MathContext.DECIMAL128)
            .doubleValue();
    assertThat(told("count", window)).as("%s", seed).isEqualTo(readings.length);
    assertThat(told("first", window)).as("%s", seed).isEqualTo(readings[0]);
    assertThat(told("last", window)).as("%s", seed).isEqualTo(readings[readings.length - 1]);
    assertThat(told("sum", window)).as("%s", seed).isCloseTo(sum.doubleValue(), relative(sum));
    assertThat(told("mean", window)).as("%s", seed).isCloseTo(mean.doubleValue(), relative(mean));
    assertThat(told("stddev", window))
        .as("%s", seed)
        .isCloseTo(deviation, within(deviation * 1e-12));
    Arrays.sort(readings);
    assertThat(told("min", window)).as("%s", seed).isEqualTo(readings[0]);
    assertThat(told("max", window)).as("%s", seed).isEqualTo(readings[readings.length - 1]);
    double p95 = readings[(int) Math.floor(0.95 * (readings.length - 1))];
    assertThat(told("p95", window)).as("%s", seed).isCloseTo(p95, within(Math.abs(p95) * 0.001));
  }

  @Test
  void keepsSmallReadingsBesideBigOnes() {
    assertThat(told("mean", window(1e16, 1, -1e16, 1))).isEqualTo(0.5);
  }

  @Test
  void keepsTheSpreadOfReadingsFarFromZero() {
    assertThat(told("stddev", window(1e9 + 1, 1e9 + 2, 1e9 + 3))).isEqualTo(1);
  }

  /** Sessions, downsampling and recomputation rest on it. */
  @Test
  void mergesAsIfAllReadingsHadComeToOneWindow() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    WindowState whole = LAYOUT.empty();
    var pieces = new ArrayList<WindowState>();
    for (int piece = 0; piece < 20; piece++) {
      WindowState part = LAYOUT.empty();
      int size = random.nextInt(30);
      for (int i = 0; i < size; i++) {
        Reading reading =
            reading(
                piece * 1_000L + random.nextInt(1_000), random.nextDouble(-5, Math.pow(3, piece)));
        part = part.add(reading);
        whole = whole.add(reading);
      }
      pieces.add(part);
    }

    WindowState merged = pieces.stream().reduce(LAYOUT.empty(), WindowState::merge);

    for (Aggregate aggregate : ALL) {
      double expected = LAYOUT.tell(aggregate, whole, 20_000);
      assertThat(LAYOUT.tell(aggregate, merged, 20_000))
          .as("%s, %s", aggregate.label(), seed)
          .isCloseTo(expected, within(Math.abs(expected) * 1e-12 + 1e-12));
    }
  }

  @Test
  void findsFirstAndLastByTimeNotByArrival() {
    WindowState window =
        LAYOUT
            .empty()
            .add(reading(2_000, 20))
            .add(reading(1_000, 10))
            .add(reading(5_000, 50))
            .add(reading(3_000, 30))
            .add(reading(5_000, 51))
            .add(reading(1_000, 11));

    assertThat(told("first", window)).isEqualTo(10);
    assertThat(told("last", window)).isEqualTo(51);
    assertThat(told("delta", window)).isEqualTo(41);
    assertThat(told("rate", window)).isEqualTo(41 / 4.0);
  }

  @Test
  void weighsEachReadingByTheTimeUntilTheNextOne() {
    WindowState window =
        LAYOUT.empty().add(reading(0, 10)).add(reading(8_000, 30)).add(reading(2_000, 20)); // late

    // 2 s of 10, 6 s of 20, 2 s of 30
    assertThat(LAYOUT.tell(Aggregate.parse("time_weighted_mean"), window, 10_000))
        .isCloseTo(20, within(1e-12));
  }

  @ParameterizedTest
  @CsvSource({
    "count, 1",
    "sum, 7",
    "min, 7",
    "mean, 7",
    "first, 7",
    "last, 7",
    "delta, 0",
    "stddev, NaN",
    "rate, NaN",
    "time_weighted_mean, 7"
  })
  void tellsOfASingleReading(String aggregate, double expected) {
    assertThat(told(aggregate, window(7))).isEqualTo(Double.valueOf(expected));
  }

  @ParameterizedTest
  @CsvSource({"count, 0", "sum, 0", "min, NaN", "mean, NaN", "last, NaN", "median, NaN"})
  void tellsOfAWindowWhoseReadingsDoNotHaveTheField(String aggregate, double expected) {
    Layout layout = Layout.of(List.of(Aggregate.parse(aggregate + "(x)")));
    WindowState window =
        layout.empty().add(new Reading(0, new double[] {Double.NaN}, Gateways.NONE));

    assertThat(layout.tell(Aggregate.parse(aggregate + "(x)"), window, 1))
        .isEqualTo(Double.valueOf(expected));
    assertThat(window.readings()).isEqualTo(1);
  }

  @Test
  void takesTheLargestAndTheSmallestNumbersIntoPercentiles() {
    WindowState window = window(-Double.MAX_VALUE, -1e-300, 0, Double.MIN_VALUE, Double.MAX_VALUE);

    assertThat(told("median", window)).isZero();
    assertThat(told("p99.9", window)).isFinite();
  }

  @Test
  void isStoredAndReadBackUnchanged() {
    WindowState window = window(0.1, 0.2, -1e300);

    WindowState read = WindowState.decode(window.encode());

    assertThat(read.encode()).isEqualTo(window.encode());
    for (Aggregate aggregate : ALL) {
      assertThat(LAYOUT.tell(aggregate, read, 10))
          .as(aggregate.label())
          .isEqualTo(Double.valueOf(LAYOUT.tell(aggregate, window, 10)));
    }
  }

  @Test
  void keepsWhoseReadingsItHasBesideThem() {
    long gateway = Gateways.of("gw".getBytes(StandardCharsets.UTF_8));
    WindowState none = window(1, 2);
    WindowState window = none.add(new Reading(2, new double[] {3}, gateway));

    WindowState read = WindowState.decode(window.encode());

    assertThat(none.encode()[0]).as("as before there were gateways").isEqualTo((byte) 2);
    assertThat(window.encode()[0]).isEqualTo((byte) 3);
    assertThat(read.gateways()).isEqualTo(gateway);
    assertThat(read.incomplete()).isFalse();
    assertThat(told("sum", read)).isEqualTo(6);
    assertThat(WindowState.decode(read.asIncomplete().encode()).incomplete()).isTrue();
    WindowState both = none.merge(read.asIncomplete());
    assertThat(both.gateways()).isEqualTo(gateway);
    assertThat(both.incomplete()).isTrue();
    assertThat(WindowState.decode(none.asIncomplete().encode()).incomplete()).isTrue();
  }

  @Test
  void readingsBetweenTwoStepsKeepTheirGateway() {
    long gateway = Gateways.of("gw".getBytes(StandardCharsets.UTF_8));
    for (long each : new long[] {Gateways.NONE, gateway}) {
      var reading = new Reading(7, new double[] {1, Double.NaN}, each);
      try (Serde<Reading> serde = Reading.serde()) {
        byte[] stored = serde.serializer().serialize("t", reading);

        assertThat(serde.deserializer().deserialize("t", stored)).isEqualTo(reading);
        assertThat(stored[0]).isEqualTo((byte) (each == gateway ? 2 : 1));
        assertThatThrownBy(() -> serde.deserializer().deserialize("t", new byte[] {2}))
            .isInstanceOf(SerializationException.class);
      }
    }
  }

  @Test
  void refusesBytesOfAnotherVersionAndTornOnes() {
    byte[] stored = window(1, 2, 3).encode();

    for (int length = 0; length < stored.length; length++) {
      byte[] torn = Arrays.copyOf(stored, length);
      assertThatThrownBy(() -> WindowState.decode(torn)).isInstanceOf(SerializationException.class);
    }
    byte[] longer = Arrays.copyOf(stored, stored.length + 1);
    assertThatThrownBy(() -> WindowState.decode(longer)).isInstanceOf(SerializationException.class);
    stored[0] = 9;
    assertThatThrownBy(() -> WindowState.decode(stored))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("version");
  }

  @Test
  void saysWhatToDoWhenTheAggregatesOfARunningQueryWereChanged() {
    WindowState stored = Layout.of(List.of(Aggregate.parse("mean"))).empty().add(reading(0, 1));

    assertThatThrownBy(() -> LAYOUT.tell(Aggregate.parse("p95"), stored, 1))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("give it a new name");
  }

  private static double told(String aggregate, WindowState window) {
    return LAYOUT.tell(Aggregate.parse(aggregate), window, 100_000);
  }

  private static WindowState window(double... readings) {
    WindowState window = LAYOUT.empty();
    for (double reading : readings) {
      window = window.add(reading(1, reading));
    }
    return window;
  }

  private static Reading reading(long timeMs, double value) {
    return new Reading(timeMs, new double[] {value}, Gateways.NONE);
  }

  private static Offset<Double> relative(BigDecimal exact) {
    return within(Math.abs(exact.doubleValue()) * 1e-12);
  }
}
