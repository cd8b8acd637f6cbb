package io.headwater.edge.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Inputs on real threads, with sensors that fail. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class InputsTest {
  private static final Duration INTERVAL = Duration.ofMillis(100);

  private final TestSink sink = new TestSink();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private Inputs start(InputSettings... inputs) {
    return new Inputs(
        new InputPlan(
            List.of(inputs),
            List.of(
                new FaultyInput(
                    "wrong", Optional.of("test/wrong"), "edge.yaml line 3: unknown type 'x'"))),
        new Machines(Path.of("/")),
        sink,
        registry);
  }

  private void awaitNext(String input, String... told) {
    int before = sink.told(input).size();
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .untilAsserted(() -> {
          List<String> all = sink.told(input);
          assertThat(all.subList(before, all.size())).contains(told);
        });
  }

  private double faulty(String input) {
    return registry.get("edge.input.faulty").tag("input", input).gauge().value();
  }

  @Test
  void pulledSensorIsAFaultAndComesBackByItself() {
    var pulled = new TestSensor("i2c-1");
    var other = new TestSensor("i2c-1");
    try (Inputs inputs = start(pulled.input("a", INTERVAL), other.input("b", INTERVAL))) {
      awaitNext("a", "1");
      pulled.pull();
      awaitNext("a", "no-answer");
      assertThat(faulty("a")).isEqualTo(1);
      assertThat(inputs.note().orElseThrow())
          .isEqualTo(
              "2 without a value: wrong (edge.yaml line 3: unknown type 'x'), a (edge.yaml line 7:"
                  + " address 0x76 does not answer)");
      awaitNext("b", "1");
      int opened = pulled.opened();
      pulled.value(2);
      pulled.putBack();
      awaitNext("a", "2");
      assertThat(pulled.opened()).as("opened anew").isGreaterThanOrEqualTo(opened);
      assertThat(faulty("a")).isZero();
    }
    assertThat(sink.told("b")).doesNotContain("no-answer").contains("1");
  }

  @Test
  void inputThatIsDeclaredWronglyIsToldOnItsTopic() {
    try (Inputs _ = start(new TestSensor("i2c-1").input("a", INTERVAL))) {
      assertThat(sink.told("wrong")).containsExactly("configuration");
      assertThat(registry.get("edge.inputs").tag("state", "misdeclared").gauge().value())
          .isEqualTo(1);
    }
  }

  @Test
  void failureThatARetryMendsIsNoFault() {
    var sensor = new TestSensor("i2c-1");
    sensor.failTimes(2);
    try (Inputs _ = start(sensor.input("a", Duration.ofSeconds(20)))) {
      awaitNext("a", "1");
    }
    assertThat(sink.told("a")).containsExactly("1");
    assertThat(registry.get("edge.inputs.retries").counter().count()).isEqualTo(2);
    assertThat(sensor.reads()).isEqualTo(3);
  }

  @Test
  void shortCircuitedBusIsToldWithinTwoIntervalsAndDelaysNoOther() {
    var stuck = new TestSensor("i2c-1");
    var behind = new TestSensor("i2c-1");
    var other = new TestSensor("i2c-2");
    try (Inputs _ =
        start(
            stuck.input("stuck", INTERVAL),
            behind.input("behind", INTERVAL),
            other.input("other", INTERVAL))) {
      awaitNext("stuck", "1");
      awaitNext("behind", "1");
      stuck.shortCircuit();
      int others = sink.told("other").size();
      awaitNext("stuck", "timeout");
      awaitNext("behind", "bus-busy");
      assertThat(sink.told("other").size() - others)
          .as("two intervals, and what this machine takes to look")
          .isGreaterThanOrEqualTo(1);
      awaitNext("other", "1", "1");
      assertThat(registry.get("edge.inputs.stuck").tag("bus", "i2c-1").gauge().value())
          .isPositive();
      awaitNext("stuck", "bus-busy");
      int reads = stuck.reads();
      awaitNext("stuck", "bus-busy");
      assertThat(stuck.reads()).as("no second thread on the bus").isEqualTo(reads);
      stuck.value(5);
      stuck.cut();
      awaitNext("stuck", "5");
      awaitNext("behind", "1");
    }
    assertThat(sink.told("other")).containsOnly("1");
  }

  @Test
  void closesAlthoughAReadHangs() {
    var stuck = new TestSensor("i2c-1");
    stuck.shortCircuit();
    try (Inputs _ = start(stuck.input("stuck", INTERVAL))) {
      awaitNext("stuck", "timeout");
    }
    stuck.cut();
  }
}
