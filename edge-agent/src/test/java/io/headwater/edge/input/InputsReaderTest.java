package io.headwater.edge.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.YamlSource;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class InputsReaderTest {
  private static InputPlan read(String yaml) {
    return InputsReader.read(
        new YamlSource("edge.yaml", yaml), topic -> !topic.isEmpty() && !topic.contains("#"));
  }

  private static List<String> problems(String yaml) {
    InputPlan plan = read(yaml);
    assertThat(plan.inputs()).isEmpty();
    return plan.faulty().stream().map(FaultyInput::problem).toList();
  }

  @Test
  void nothingIsDeclaredByDefault() {
    assertThat(read("[]").isEmpty()).isTrue();
    assertThat(read("").isEmpty()).isTrue();
  }

  @Test
  void defaults() {
    InputSettings input =
        read("- {name: cpu, type: cpu-temperature, topic: host/cpu}").inputs().getFirst();

    assertThat(input.interval()).isEqualTo(Duration.ofSeconds(10));
    assertThat(input.timeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(input.jitter()).isZero();
    assertThat(input.retries()).isEqualTo(2);
    assertThat(input.retryDelay()).isEqualTo(Duration.ofMillis(100));
    assertThat(input.maxSilence()).isEqualTo(Duration.ofMinutes(10));
    assertThat(input.simulated()).isFalse();
    assertThat(input.values())
        .containsExactly(
            new ValueSettings(
                0, "value", "host/cpu", "°C", 1, 0, Optional.empty(), OptionalDouble.empty()));
  }

  @Test
  void everyKey() {
    InputSettings input =
        read("""

        - name: cpu
          type: cpu-temperature
          topic: host/cpu
          interval: 2s
          jitter: 200ms
          timeout: 1s
          retries: 1
          retry-delay: 50ms
          max-silence: 1h
          unit: F
          scale: 1.8
          offset: 32
          clamp: [-40, 250]
          dead-band: 0.5
        """)
            .inputs()
            .getFirst();

    assertThat(input.where()).isEqualTo("edge.yaml line 2");
    assertThat(input.interval()).isEqualTo(Duration.ofSeconds(2));
    assertThat(input.jitter()).isEqualTo(Duration.ofMillis(200));
    assertThat(input.timeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(input.retries()).isEqualTo(1);
    assertThat(input.retryDelay()).isEqualTo(Duration.ofMillis(50));
    assertThat(input.maxSilence()).isEqualTo(Duration.ofHours(1));
    assertThat(input.values())
        .containsExactly(
            new ValueSettings(
                0,
                "value",
                "host/cpu",
                "F",
                1.8,
                32,
                Optional.of(new Clamp(-40, 250)),
                OptionalDouble.of(0.5)));
  }

  @Test
  void sensorOfSeveralQuantitiesHasATopicAndCalibrationForEach() {
    InputSettings all =
        read("- {name: m, type: memory, topic: 'host/{quantity}'}").inputs().getFirst();
    InputSettings one =
        read("""
        - name: m
          type: memory
          topic: host/memory
          values: {used: {dead-band: 1, unit: percent}}
        """)
            .inputs()
            .getFirst();

    assertThat(all.values())
        .extracting(ValueSettings::topic)
        .containsExactly("host/available", "host/used");
    assertThat(one.values())
        .containsExactly(
            new ValueSettings(
                1, "used", "host/memory", "percent", 1, 0, Optional.empty(), OptionalDouble.of(1)));
  }

  @Test
  void mistakeCostsOnlyItsOwnInputAndIsNamedWithLineAndKey() {
    InputPlan plan =
        read(
            """
            - {name: good, type: load, topic: "host/{quantity}"}
            - name: roof
              type: cpu-temprature
              topic: host/roof
            - name: good
              type: memory
              topic: "host/{quantity}"
            """);

    assertThat(plan.inputs()).extracting(InputSettings::name).containsExactly("good");
    assertThat(plan.faulty())
        .containsExactly(
            new FaultyInput(
                "roof",
                Optional.of("host/roof"),
                "edge.yaml line 3: input 'roof': unknown type 'cpu-temprature': did you mean"
                    + " 'cpu-temperature'?"),
            new FaultyInput(
                "good",
                Optional.empty(),
                "edge.yaml line 5: the name 'good' is given twice: the first is in line 1"));
  }

  @Test
  void everyMistakeOfAnInputIsTold() {
    assertThat(
            problems(
                """
                - name: a b
                  type: disk
                  path: var
                  topic: host/disk
                  intervall: 1s
                  interval: 1ms
                  scale: 2
                  simulated: true
                """))
        .containsExactly(
            "edge.yaml line 1: name 'a b' is not 1 to 64 of letters, digits, '.', '_' and '-';"
                + " edge.yaml line 3: path: 'var' does not begin with /;"
                + " edge.yaml line 4: topic 'host/disk' must hold {quantity}: this type measures"
                + " free, used;"
                + " edge.yaml line 5: unknown key 'intervall': did you mean 'interval'?;"
                + " edge.yaml line 6: interval: 1ms is not between 10ms and 1d;"
                + " edge.yaml line 7: 'scale' of which? This type measures free, used: write"
                + " values: {free: {scale: …}};"
                + " edge.yaml line 8: simulated: disk cannot be simulated");
  }

  @Test
  void limitsAreNamed() {
    String begin = "- {name: a, type: cpu-temperature, topic: t, ";

    assertThat(problems(begin + "interval: 1s, timeout: 2s}").getFirst())
        .contains("timeout 2000ms is not between 1ms and the interval, 1000ms");
    assertThat(problems(begin + "interval: 1s, jitter: 600ms}").getFirst())
        .contains("jitter: 600ms is not between 0ms and 500ms");
    assertThat(problems(begin + "retries: 11}").getFirst())
        .contains("retries: 11 is not between 0 and 10");
    assertThat(problems(begin + "clamp: [1]}").getFirst())
        .contains("clamp: write 2 numbers, like [0, 100]");
    assertThat(problems(begin + "clamp: [2, 1]}").getFirst()).contains("clamp: min 2.0 > max 1.0");
    assertThat(problems(begin + "dead-band: -1}").getFirst()).contains("dead-band: -1 < 0");
    assertThat(problems(begin + "scale: x}").getFirst()).contains("scale: 'x' is not a number");
    assertThat(problems(begin + "values: {}}").getFirst())
        .contains("'values' is for sensors of several");
    assertThat(problems("- {name: a, type: load, topic: 'a/#'}").getFirst())
        .contains("topic 'a/#' must hold {quantity}");
    assertThat(problems("- {name: a, type: cpu-temperature, topic: 'a/#'}").getFirst())
        .contains("topic 'a/#' cannot be published to");
    assertThat(problems("- {name: a, topic: t}").getFirst()).contains("'type' is missing");
    assertThat(problems("- {name: a, type: load}").getFirst()).contains("'topic' is missing");
    assertThat(problems("- {name: w, type: w1-temperature, topic: t, id: 28-x}").getFirst())
        .contains("id: '28-x' is no 1-Wire identifier like 28-0316a2795dff");
  }

  @Test
  void whatIsNoListIsToldToo() {
    assertThat(problems("cpu: {type: load}"))
        .containsExactly("edge.yaml line 1: 'inputs' must be a list: '- name: …'");
    assertThat(problems("- load").getFirst())
        .isEqualTo(
            "edge.yaml line 1: input 'inputs[0]' must be keys and values: {name: …, type: …, topic:"
                + " …}");
  }
}
