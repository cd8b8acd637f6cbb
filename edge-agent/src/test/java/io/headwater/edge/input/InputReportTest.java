package io.headwater.edge.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.log.Append;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class InputReportTest {
  private static final FaultText PULLED = new FaultText(Fault.NO_ANSWER, "does not answer");
  private static final FaultText NONSENSE = new FaultText(Fault.BAD_DATA, "checksum");

  private final TestSink sink = new TestSink();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicLong nanos = new AtomicLong();

  private InputReport report(
      double scale, double offset, Optional<Clamp> clamp, OptionalDouble deadBand) {
    return new InputReport(
        new TestSensor("bus").input("roof", Duration.ofSeconds(1), scale, offset, clamp, deadBand),
        sink,
        new InputMetrics(registry),
        nanos::get);
  }

  private InputReport everyReading() {
    return report(1, 0, Optional.empty(), OptionalDouble.empty());
  }

  private InputReport onChange(double deadBand) {
    return report(1, 0, Optional.empty(), OptionalDouble.of(deadBand));
  }

  private static void values(InputReport report, double... values) {
    for (double value : values) {
      report.values(new double[] {value});
    }
  }

  @Test
  void tellsValueUnitAndQuality() {
    values(everyReading(), 21.5);

    assertThat(sink.taken()).hasSize(1);
    assertThat(sink.taken().getFirst().topic()).isEqualTo("test/roof");
    assertThat(sink.taken().getFirst().clientId()).isEqualTo("$input/roof");
    assertThat(new String(sink.taken().getFirst().payload(), StandardCharsets.UTF_8))
        .isEqualTo(
            """
            {"name":"roof","value":21.5,"unit":"V","quality":"good"}\
            """);
  }

  @Test
  void calibratesThenHoldsToTheBounds() {
    values(report(2, -1, Optional.of(new Clamp(0, 10)), OptionalDouble.empty()), 0.1, 3, 30);

    assertThat(sink.told("roof")).containsExactly("0", "5", "10");
    assertThat(sink.readings("roof"))
        .extracting(json -> json.get("quality").asText())
        .containsExactly("clamped", "good", "clamped");
  }

  @Test
  void roundsAwayWhatOnlyTheArithmeticOfDoublesSays() {
    values(report(0.1, 0, Optional.empty(), OptionalDouble.empty()), 3);

    assertThat(sink.told("roof")).containsExactly("0.3");
  }

  @Test
  void holdsBackWhatStaysWithinTheDeadBandOfTheLastSent() {
    values(onChange(0.5), 10, 10.4, 10.5, 10.6, 10.2, 9.9);

    assertThat(sink.told("roof")).containsExactly("10", "10.6", "9.9");
    assertThat(registry.get("edge.inputs.unchanged").counter().count()).isEqualTo(3);
  }

  @Test
  void speaksAfterTheLongestSilence() {
    InputReport report = onChange(0.5);
    values(report, 10);
    nanos.set(Duration.ofMinutes(10).toNanos() - 1);
    values(report, 10);
    nanos.incrementAndGet();
    values(report, 10);

    assertThat(sink.told("roof")).containsExactly("10", "10");
  }

  @Test
  void withoutDeadBandEachReadEndsInAValueOrAFault() {
    InputReport report = everyReading();
    values(report, 1);
    report.fault(PULLED);
    report.fault(PULLED);
    values(report, 1);

    assertThat(sink.told("roof")).containsExactly("1", "no-answer", "no-answer", "1");
    assertThat(report.fault()).isEmpty();
  }

  @Test
  void withDeadBandAFaultIsToldOnceAndEndsWithTheSameValue() {
    InputReport report = onChange(0.5);
    values(report, 1);
    report.fault(PULLED);
    report.fault(PULLED);
    report.fault(NONSENSE);
    nanos.set(Duration.ofMinutes(10).toNanos());
    report.fault(NONSENSE);
    values(report, 1);

    assertThat(sink.told("roof")).containsExactly("1", "no-answer", "bad-data", "bad-data", "1");
    assertThat(sink.readings("roof").get(1).toString())
        .isEqualTo(
            """
            {"name":"roof","quality":"bad","fault":"no-answer","message":"does not answer"}\
            """);
  }

  @Test
  void readingThatTheLogHasNotTakenIsNoLastReading() {
    InputReport report = onChange(0.5);
    sink.full(true);
    values(report, 1);
    sink.full(false);
    sink.outcome(Append.Outcome.DISK_FULL);
    values(report, 1);
    sink.outcome(Append.Outcome.COMMITTED);
    values(report, 1, 1);

    assertThat(sink.told("roof"))
        .as("refused, then taken, then held back")
        .containsExactly("1", "1");
    assertThat(registry.get("edge.inputs.dropped").tag("reason", "queue-full").counter().count())
        .isEqualTo(1);
    assertThat(registry.get("edge.inputs.dropped").tag("reason", "not-committed").counter().count())
        .isEqualTo(1);
  }

  @Test
  void nonsenseIsNamedWithWhatCanBeMeasured() {
    InputReport report = everyReading();

    assertThat(report.nonsense(new double[] {100})).isEmpty();
    assertThat(report.nonsense(new double[] {101}).orElseThrow().text())
        .isEqualTo(
            "value 101.0 is not between -100.0 and 100.0, which is all that can be measured");
    assertThat(report.nonsense(new double[] {Double.NaN})).isPresent();
    assertThat(
            report(1e308, 0, Optional.empty(), OptionalDouble.empty())
                .nonsense(new double[] {100})
                .orElseThrow()
                .text())
        .isEqualTo("value 100.0 is no number when it is scaled");
  }
}
