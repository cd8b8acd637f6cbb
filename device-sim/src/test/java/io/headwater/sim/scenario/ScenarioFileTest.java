package io.headwater.sim.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.UserError;
import io.headwater.process.YamlFile;
import io.headwater.sim.local.Part;
import io.headwater.sim.proxy.Direction;
import io.headwater.sim.proxy.LinkFault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

@Timeout(20)
class ScenarioFileTest {
  static final List<String> NAMES = ReadyScenarios.NAMES;

  private static Scenario read(String yaml) {
    return ScenarioFile.read(YamlFile.of("s.yaml", yaml), "s");
  }

  @Test
  void readsEveryKey() {
    Scenario scenario =
        read(
            """
            about: all of it
            load:
              devices: 7
              rate: 12.5
              jitter: 20%
              qos: 2
              mqtt: 5
              connect-rate: 100
              window: 3
              ack-timeout: 4s
              topic-prefix: a/b
            late-after: 3s
            drain: 9s
            phases:
              - name: one
                for: 10s
                rate: 0
                faults:
                  - {cut: uplink, at: 1s..3s, for: 5s}
                  - {half-open: hub}
                  - {black-hole: sensors}
                  - {one-way: uplink, passes: down}
                  - {delay: uplink, by: 200ms, jitter: 50ms}
                  - {loss: uplink, every: 3s}
                  - {bandwidth: uplink, limit: 64KiB}
                  - {kill: edge}
                  - {restart: hub, for: 0s..2s}
                  - {suspend: bridge}
                  - {fill: analytics}
                  - {storm: sensors, fraction: 50%}
                expect: {arrived-p99: 2s, acknowledged-rate: 95%, on-the-way: 10}
            expect: {lost: 3, resent: 0}
            """);

    assertThat(scenario.name()).isEqualTo("s");
    assertThat(scenario.about()).isEqualTo("all of it");
    assertThat(scenario.lateAfter()).isEqualTo(Duration.ofSeconds(3));
    assertThat(scenario.drain()).isEqualTo(Duration.ofSeconds(9));
    assertThat(scenario.load())
        .isEqualTo(
            new Load(
                Optional.of(7),
                Optional.of(12.5),
                Optional.of(0.2),
                Optional.of(2),
                Optional.of("5"),
                Optional.of(100),
                Optional.of(3),
                Optional.of(Duration.ofSeconds(4)),
                Optional.of("a/b")));
    Scenario.Phase phase = scenario.phases().getFirst();
    assertThat(phase.rate()).contains(0.0);
    assertThat(phase.faults().stream().map(Scenario.Entry::fault))
        .containsExactly(
            new Fault.OnLink(Link.UPLINK, new LinkFault.Cut()),
            new Fault.OnLink(Link.HUB, new LinkFault.HalfOpen()),
            new Fault.OnLink(Link.SENSORS, new LinkFault.BlackHole()),
            new Fault.OnLink(Link.UPLINK, new LinkFault.OneWay(Direction.TO_CLIENT)),
            new Fault.OnLink(
                Link.UPLINK, new LinkFault.Delay(Duration.ofMillis(200), Duration.ofMillis(50))),
            new Fault.OnLink(Link.UPLINK, new LinkFault.Loss(Duration.ofSeconds(3))),
            new Fault.OnLink(Link.UPLINK, new LinkFault.Bandwidth(65_536)),
            new Fault.Kill(Target.of(Part.EDGE)),
            new Fault.Restart(Target.of(Part.HUB)),
            new Fault.Suspend(Target.of(Part.BRIDGE)),
            new Fault.Fill(Target.of(Part.ANALYTICS)),
            new Fault.Storm(0.5));
    assertThat(phase.faults().getFirst())
        .isEqualTo(
            new Scenario.Entry(
                new Fault.OnLink(Link.UPLINK, new LinkFault.Cut()),
                new Span(Duration.ofSeconds(1), Duration.ofSeconds(3)),
                Optional.of(new Span(Duration.ofSeconds(5), Duration.ofSeconds(5)))));
    assertThat(phase.bounds())
        .containsExactly(
            new Bound(Measure.ARRIVED_P99, 2_000, false),
            new Bound(Measure.ACKNOWLEDGED_RATE, 95, true),
            new Bound(Measure.ON_THE_WAY, 10, false));
    // What the file does not allow must never happen.
    assertThat(scenario.bounds())
        .containsExactlyInAnyOrder(
            new Bound(Measure.LOST, 3, false),
            new Bound(Measure.RESENT, 0, false),
            new Bound(Measure.DUPLICATED, 0, false),
            new Bound(Measure.CORRUPTED, 0, false));
    assertThat(scenario.links()).containsExactlyInAnyOrder(Link.values());
    assertThat(scenario.parts()).containsExactlyInAnyOrderElementsOf(Part.OWN);
    assertThat(scenario.length()).contains(Duration.ofSeconds(10));
  }

  @Test
  void reportsAllMistakesAtOnceEachWithFileLineAndWhatIsAllowed() {
    assertThatThrownBy(() ->
            read(
                """
                load: {devices: 0, jiter: 10%}
                phases:
                  - name: one
                    for: soon
                    faults:
                      - cut: uplnk
                      - {delay: uplink, every: 2s}
                      - {kill: edge, cut: uplink}
                      - at: 3s
                      - storm: hub
                    expect: {lost: 0}
                  - name: one
                    for: 5s
                    faults:
                      - {suspend: bridge, at: 7s}
                      - {suspend: bridge, at: 3s..1s}
                expect: {lost: few}
                """))
        .isInstanceOfSatisfying(
            UserError.class,
            error -> {
              assertThat(error.exitCode()).isEqualTo(2);
              assertThat(String.valueOf(error.getMessage()).lines())
                  .containsExactly(
                      "s.yaml line 1: unknown key 'jiter': did you mean 'jitter'?",
                      "s.yaml line 1: devices: '0' is not a whole number between 1 and 100000",
                      "s.yaml line 4: for: 'soon' is not a duration: write a number with ms, s, m,"
                          + " h or d, like 10s",
                      "s.yaml line 6: cut: 'uplnk' is not one of sensors, uplink, hub",
                      "s.yaml line 7: 'every' does not belong to delay",
                      "s.yaml line 7: 'by' is missing",
                      "s.yaml line 8: one fault of two kinds: [kill, cut]; known kinds: cut,"
                          + " half-open, black-hole, one-way, delay, loss, bandwidth, kill,"
                          + " restart, suspend, fill, break-broker, storm",
                      "s.yaml line 9: the fault has no kind; known kinds: cut, half-open,"
                          + " black-hole, one-way, delay, loss, bandwidth, kill, restart, suspend,"
                          + " fill, break-broker, storm",
                      "s.yaml line 10: storm: 'hub' is not one of sensors",
                      "s.yaml line 11: unknown key 'lost'; known here: acknowledged-max,"
                          + " acknowledged-p50, acknowledged-p99, acknowledged-rate, arrived-max,"
                          + " arrived-p50, arrived-p99, arrived-rate, connected, on-the-way,"
                          + " schedule-error-p99",
                      "s.yaml line 12: phase 'one' is there twice",
                      "s.yaml line 15: at: 7.0 s is after the phase, which lasts 5.0 s",
                      "s.yaml line 16: at: '3s..1s' begins after its end",
                      "s.yaml line 17: lost: 'few' is not a number from 0 on");
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''             | s.yaml line 1: the file is empty: it must hold 'phases:' and a list of them
          phases: []     | s.yaml line 1: 'phases' must be a list of phases, each with name and for
          about: x       | s.yaml line 1: 'phases' must be a list of phases, each with name and for
          '- 1'          | s.yaml line 1: the file must be keys and values: about, drain, expect, late-after, load, phases, system
          'a: [1'        | s.yaml line 1: expected ',' or ']', but got <stream end>
          """)
  void namesWhatAFileLacks(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml)).isInstanceOf(UserError.class).hasMessage(message);
  }

  @ParameterizedTest
  @FieldSource("NAMES")
  void shipsScenariosThatCanBeReadAndSayWhatTheyAreAbout(String name) {
    Scenario scenario = ReadyScenarios.find(name);
    assertThat(scenario.name()).isEqualTo(name);
    assertThat(scenario.about()).isNotBlank();
    assertThat(ReadyScenarios.text(name)).contains("headwater sim run " + name);
  }

  @Test
  void namesTheNearestScenarioOrTheFileThatIsNotThere() {
    assertThatThrownBy(() -> ReadyScenarios.find("outrage"))
        .isInstanceOf(UserError.class)
        .hasMessage("there is no scenario and no file 'outrage': did you mean 'outage'?");
    assertThatThrownBy(() -> ScenarioFile.read(Path.of("no.yaml")))
        .isInstanceOf(UserError.class)
        .hasMessage("scenario no.yaml: there is no such file");
  }

  @Test
  void drawsTheSameMomentsFromTheSameSeed() {
    Scenario scenario = ReadyScenarios.find("kill-everything");
    FaultPlan plan = FaultPlan.draw(scenario, 42);
    assertThat(FaultPlan.draw(scenario, 42)).isEqualTo(plan);
    assertThat(FaultPlan.draw(scenario, 43)).isNotEqualTo(plan);
    // before: 3 s; at: 1s..3s
    FaultPlan.Strike first = plan.strikes().getFirst();
    assertThat(first.fault()).isEqualTo(new Fault.Kill(Target.of(Part.EDGE)));
    assertThat(first.begin()).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(6));
    assertThat(first.end()).isBetween(first.begin(), first.begin().plusSeconds(1));
  }

  @Test
  void drawsFaultsAndWhomTheyStrikeFromTheSeedForAsLongAsIsAsked() {
    Scenario scenario =
        read(
            """
            system: {gateways: 20, bridges: 3, broker: both}
            phases:
              - {name: before, for: 3s}
              - name: faults
                for: 10m
                random:
                  every: 4s..8s
                  faults:
                    - {kill: any, for: 0s..2s}
                    - {suspend: bridge, for: 1s..15s}
                    - {kill: edge-7}
                    - {cut: uplink-4, for: 2s}
                    - {cut: hub, for: 2s}
            """);
    FaultPlan plan = FaultPlan.draw(scenario, 42);
    assertThat(FaultPlan.draw(scenario, 42)).isEqualTo(plan);
    assertThat(FaultPlan.draw(scenario, 43)).isNotEqualTo(plan);
    assertThat(plan.strikes())
        .hasSizeBetween(75, 150)
        .allSatisfy(strike -> {
          assertThat(strike.begin()).isBetween(Duration.ofSeconds(7), Duration.ofSeconds(603));
          assertThat(strike.end()).isBetween(strike.begin(), Duration.ofSeconds(603));
        });
    assertThat(plan.strikes())
        .extracting(strike -> strike.fault().describe())
        .contains("kill hub", "kill mosquitto", "kill edge-7", "cut uplink-4", "cut hub")
        .contains("suspend bridge-1", "suspend bridge-2", "suspend bridge-3")
        .doesNotContain("kill any", "suspend bridge");
    assertThat(scenario.lasting(Duration.ofSeconds(30)).orElseThrow().length())
        .contains(Duration.ofSeconds(33));
    assertThat(ReadyScenarios.find("outage").lasting(Duration.ofSeconds(30))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          gateways: 101      | kill: hub      | s.yaml line 1: gateways: '101' is not a whole number between 1 and 100
          broker: emqx       | kill: hub      | s.yaml line 1: broker: 'emqx' is not one of embedded, mosquitto, both
          bridges: 2         | kill: bridge-3 | s.yaml line 3: kill: 'bridge-3' is not one of hub, bridge, analytics, edge, one of these with its number, any
          bridges: 1         | kill: mosquitto | s.yaml line 3: kill: 'mosquitto' is not one of hub, bridge, analytics, edge
          bridges: 2         | cut: uplink-3  | s.yaml line 3: cut: 'uplink-3' is not one of sensors, uplink, hub, or one of these with its number
          bridges: 2         | cut: uplink    | s.yaml line 3: 'cut uplink' at random needs 'for'
          """)
  void namesWhatIsWrongWithASystemAndItsFaults(String system, String fault, String message) {
    assertThatThrownBy(() ->
            read(
                """
                system: {%s}
                phases:
                  - {name: a, for: 9s, random: {every: 1s, faults: [{%s}]}}
                """
                    .formatted(system, fault)))
        .isInstanceOf(UserError.class)
        .hasMessage(message);
  }

  @Test
  void letsAFaultWithoutLengthLastUntilItsPhaseEnds() {
    FaultPlan plan =
        FaultPlan.draw(
            read(
                """
                phases:
                  - {name: one, for: 3s}
                  - {name: two, for: 4s, faults: [{cut: uplink, at: 1s}]}
                """),
            1);
    assertThat(plan.strikes())
        .containsExactly(
            new FaultPlan.Strike(
                new Fault.OnLink(Link.UPLINK, new LinkFault.Cut()),
                Duration.ofSeconds(4),
                Duration.ofSeconds(7)));
  }

  @Test
  void holdsWhatIsMeasuredAgainstALimitOrAPartOfTheLoad() {
    var atLeast = new Bound(Measure.ACKNOWLEDGED_RATE, 95, true);
    assertThat(atLeast.holds(475, 500)).isTrue();
    assertThat(atLeast.holds(474.9, 500)).isFalse();
    assertThat(atLeast.describe()).isEqualTo("acknowledged-rate >= 95 %");
    var atMost = new Bound(Measure.ARRIVED_P99, 2_000, false);
    assertThat(atMost.holds(2_000, 0)).isTrue();
    assertThat(atMost.holds(2_001, 0)).isFalse();
    assertThat(atMost.describe()).isEqualTo("arrived-p99 <= 2000 ms");
  }
}
