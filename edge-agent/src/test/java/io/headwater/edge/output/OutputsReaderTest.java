package io.headwater.edge.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.YamlSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class OutputsReaderTest {
  private static OutputPlan read(String yaml) {
    return OutputsReader.read(
        new YamlSource("edge.yaml", yaml),
        topic -> !topic.contains("#"),
        Map.of(17, "input 'door' (edge.yaml line 4)"));
  }

  private static List<String> problems(String yaml) {
    return read(yaml).faulty().stream().map(FaultyOutput::problem).toList();
  }

  @Test
  void nothingIsDeclaredByDefault() {
    assertThat(read("[]").isEmpty()).isTrue();
    assertThat(read("").isEmpty()).isTrue();
  }

  @Test
  void defaults() {
    assertThat(
            read("""
            - {name: pump, type: digital, pin: 23, topic: pump/set, state: pump/state}
            - {name: fan, type: pwm, channel: 1, topic: fan/set, state: fan/state}
            """)
                .outputs())
        .containsExactly(
            new OutputSettings(
                "pump",
                "edge.yaml line 1",
                new Target.DigitalPin(23),
                "pump/set",
                "pump/state",
                0,
                Duration.ZERO,
                false,
                false),
            new OutputSettings(
                "fan",
                "edge.yaml line 2",
                new Target.PwmChannel(0, 1, 1000),
                "fan/set",
                "fan/state",
                0,
                Duration.ZERO,
                false,
                false));
  }

  @Test
  void everyKey() {
    assertThat(
            read("""
            - name: pump
              type: digital
              pin: 23
              topic: pump/set
              state: pump/state
              safe: on
              watchdog: 30s
              inverted: true
              simulated: true
            - name: fan
              type: pwm
              chip: 2
              channel: 3
              frequency: 25000
              topic: fan/set
              state: fan/state
              safe: 40
            """)
                .outputs())
        .containsExactly(
            new OutputSettings(
                "pump",
                "edge.yaml line 1",
                new Target.DigitalPin(23),
                "pump/set",
                "pump/state",
                1,
                Duration.ofSeconds(30),
                true,
                true),
            new OutputSettings(
                "fan",
                "edge.yaml line 10",
                new Target.PwmChannel(2, 3, 25_000),
                "fan/set",
                "fan/state",
                40,
                Duration.ZERO,
                false,
                false));
  }

  @Test
  void mistakesAreNamedWithLineKeyAndTheWayOut() {
    OutputPlan plan =
        read(
            """
            - {name: a, type: digitl, pin: 1, topic: a, state: as}
            - {name: b, pin: 2, topic: b, state: bs}
            - {name: c, type: digital, pin: 3, topic: "c/#", state: cs}
            - {name: d, type: digital, pin: 4, topic: d}
            - {name: e, type: digital, pin: 5, topic: e, state: es, save: on}
            - {name: f, type: digital, pin: 6, topic: f, state: fs, safe: maybe}
            - {name: g, type: pwm, channel: 0, topic: g, state: gs, safe: 101}
            - {name: h, type: pwm, channel: 1, frequency: 0, topic: h, state: hs}
            - {name: i, type: digital, pin: 7, topic: i, state: is, watchdog: 1ms}
            - {name: j, type: digital, topic: j, state: js}
            - {name: k l, type: digital, pin: 8, topic: k, state: ks}
            - just text
            - {name: z, type: digital, pin: 9, topic: z, state: zs}
            """);

    assertThat(plan.outputs()).extracting(OutputSettings::name).containsExactly("z");
    assertThat(plan.faulty())
        .extracting(FaultyOutput::problem)
        .containsExactly(
            "edge.yaml line 1: output 'a': unknown type 'digitl': did you mean 'digital'?",
            "edge.yaml line 2: output 'b': 'type' is missing",
            "edge.yaml line 3: topic 'c/#' cannot be published to",
            "edge.yaml line 4: 'state' is missing",
            "edge.yaml line 5: unknown key 'save': did you mean 'safe'?",
            "edge.yaml line 6: safe: 'maybe' is not on, off, 1, 0, true or false",
            "edge.yaml line 7: safe: 101 is not between 0 and 100",
            "edge.yaml line 8: frequency: 0 is not between 1 and 10000000",
            "edge.yaml line 9: watchdog: 1ms is not 0, and not between 100ms and 365d",
            "edge.yaml line 10: 'pin' is missing",
            "edge.yaml line 11: name 'k l' is not 1 to 64 of letters, digits, '.', '_' and '-'",
            "edge.yaml line 12: output 'outputs[11]' must be keys and values: {name: …, type: …,"
                + " topic: …, state: …}");
    assertThat(problems("outputs: []"))
        .containsExactly("edge.yaml line 1: 'outputs' must be a list: '- name: …'");
  }

  @Test
  void pinsAndChannelsHaveOneUserOnly() {
    assertThat(
            problems(
                """
                - {name: a, type: digital, pin: 17, topic: a, state: as}
                - {name: b, type: digital, pin: 23, topic: b, state: bs}
                - {name: b, type: digital, pin: 23, topic: b, state: bs}
                - {name: c, type: pwm, channel: 0, topic: c, state: cs}
                - {name: d, type: pwm, channel: 0, topic: d, state: ds}
                """))
        .containsExactly(
            "edge.yaml line 1: pin 17 is used twice: input 'door' (edge.yaml line 4) has it"
                + " already",
            "edge.yaml line 3: the name 'b' is given twice: the first is in line 2; edge.yaml line"
                + " 3: pin 23 is used twice: output 'b' (edge.yaml line 2) has it already",
            "edge.yaml line 5: channel 0 of PWM chip 0 is used twice: output 'c' (edge.yaml line 4)"
                + " has it already");
  }

  @Test
  void stateThatCommandsAnOutputIsRefused() {
    assertThat(
            problems(
                """
                - {name: a, type: digital, pin: 1, topic: lamp, state: lamp}
                - {name: b, type: digital, pin: 2, topic: b, state: lamp}
                """))
        .containsExactly(
            "edge.yaml line 1: state 'lamp' is the topic that commands 'a': outputs would drive"
                + " each other for ever",
            "edge.yaml line 2: state 'lamp' is the topic that commands 'a': outputs would drive"
                + " each other for ever");
  }
}
