package io.headwater.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class ConfigTest {
  enum Mode {
    OLDEST_FIRST,
    NEWEST_FIRST
  }

  record Commit(Duration linger, ByteSize maxBytes) {
    Commit {
      if (linger.compareTo(Duration.ofSeconds(1)) > 0) {
        throw new IllegalArgumentException("linger " + linger.toMillis() + "ms > max 1000ms");
      }
    }
  }

  record Rule(String filter, Optional<String> stream) {}

  record Demo(
      Path data,
      HostPort listen,
      int nodeId,
      boolean insecure,
      Mode mode,
      Commit commit,
      List<HostPort> bridges,
      List<Rule> routes,
      Map<String, String> topicDefaults,
      Optional<String> gateway) {
    static final Demo DEFAULTS =
        new Demo(
            Path.of("data"),
            new HostPort("127.0.0.1", 1883),
            1,
            false,
            Mode.OLDEST_FIRST,
            new Commit(Duration.ZERO, ByteSize.ofMebibytes(1)),
            List.of(),
            List.of(),
            Map.of("retention.ms", "1000"),
            Optional.empty());
  }

  @TempDir Path folder;

  private Demo read(String yaml, Map<String, String> environment, Setting... settings)
      throws Exception {
    Path file = Files.writeString(folder.resolve("demo.yaml"), yaml);
    return Config.read("demo", Demo.DEFAULTS, Optional.of(file), environment, List.of(settings));
  }

  /** A section with a short form. */
  record Peer(List<HostPort> addresses, Optional<String> user) {
    static Peer parse(String text) {
      return new Peer(List.of(HostPort.parse(text)), Optional.empty());
    }
  }

  record Peers(List<Peer> peers) {
    static final Peers DEFAULTS = new Peers(List.of());
  }

  @Test
  void sectionsWithAShortFormMayBeWrittenAsOneValue() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("peers.yaml"), "peers: ['a:1', {addresses: ['b:2', 'c:3'], user: u}]\n");
    assertThat(Config.read("demo", Peers.DEFAULTS, Optional.of(file), Map.of(), List.of()).peers())
        .containsExactly(
            Peer.parse("a:1"),
            new Peer(List.of(new HostPort("b", 2), new HostPort("c", 3)), Optional.of("u")));
    assertThat(
            Config.read(
                    "demo",
                    Peers.DEFAULTS,
                    Optional.empty(),
                    Map.of(),
                    List.of(new Setting("peers", "a:1,b:2", "--set")))
                .peers())
        .containsExactly(Peer.parse("a:1"), Peer.parse("b:2"));
    assertThatThrownBy(() ->
            Config.read(
                "demo",
                Peers.DEFAULTS,
                Optional.empty(),
                Map.of(),
                List.of(new Setting("peers", "nowhere", "--set"))))
        .hasMessageContaining("peers[0]: 'nowhere' is not an address");
  }

  @Test
  void givesTheDefaultsWhenNothingIsGiven() {
    assertThat(Config.read("demo", Demo.DEFAULTS, Optional.empty(), Map.of(), List.of()))
        .isEqualTo(Demo.DEFAULTS);
  }

  @Test
  void mapsEveryKeyOfTheFile() throws Exception {
    Demo config =
        read(
            """
            data: /var/lib/demo
            listen: "[::1]:2000"
            node-id: 7
            insecure: true
            mode: newest-first
            commit:
              linger: 50ms
              max-bytes: 64KiB
            bridges: [a:1, b:2]
            routes:
              - filter: sensors/+site
                stream: sensors
              - filter: "#"
            topic-defaults:
              min.insync.replicas: 2
            gateway: g1
            """,
            Map.of());

    assertThat(config)
        .isEqualTo(
            new Demo(
                Path.of("/var/lib/demo"),
                new HostPort("::1", 2000),
                7,
                true,
                Mode.NEWEST_FIRST,
                new Commit(Duration.ofMillis(50), ByteSize.ofKibibytes(64)),
                List.of(new HostPort("a", 1), new HostPort("b", 2)),
                List.of(
                    new Rule("sensors/+site", Optional.of("sensors")),
                    new Rule("#", Optional.empty())),
                Map.of("retention.ms", "1000", "min.insync.replicas", "2"),
                Optional.of("g1")));
  }

  @Test
  void letsTheEnvironmentWinOverTheFileAndTheCommandLineOverBoth() throws Exception {
    Demo config =
        read(
            "node-id: 1\ncommit:\n  linger: 1ms\n",
            Map.of("HEADWATER_DEMO_NODE_ID", "2", "HEADWATER_DEMO_COMMIT_LINGER", "2ms"),
            new Setting("node-id", "3", "--node"),
            new Setting("topic-defaults.cleanup.policy", "compact", "--set"));

    assertThat(config.nodeId()).isEqualTo(3);
    assertThat(config.commit().linger()).isEqualTo(Duration.ofMillis(2));
    assertThat(config.topicDefaults()).containsEntry("cleanup.policy", "compact");
  }

  @Test
  void reportsAllErrorsAtOnceWithTheirOriginAndTheNearestName() {
    assertThatThrownBy(() ->
            read(
                "node-di: 1\nlisten: nowhere\ncommit:\n  linger: 5s\n",
                Map.of("HEADWATER_DEMO_MDOE", "x"),
                new Setting("mode", "sideways", "--mode")))
        .isInstanceOfSatisfying(UserError.class, e -> assertThat(e.exitCode()).isEqualTo(2))
        .hasMessageContaining("demo.yaml line 1: unknown key 'node-di': did you mean 'node-id'?")
        .hasMessageContaining("demo.yaml line 2: listen: 'nowhere' is not an address")
        .hasMessageContaining("demo.yaml line 3: commit: linger 5000ms > max 1000ms")
        .hasMessageContaining("HEADWATER_DEMO_MDOE is not known: did you mean HEADWATER_DEMO_MODE?")
        .hasMessageContaining("--mode: mode: 'sideways' is not one of oldest-first, newest-first");
  }

  @Test
  void namesTheLineOfBrokenYaml() {
    assertThatThrownBy(() -> read("node-id: 1\nlisten: [\n", Map.of()))
        .hasMessageContaining("demo.yaml line ");
    assertThatThrownBy(() -> read("node-id: 1\n---\nnode-id: 2\n", Map.of()))
        .hasMessageContaining("demo.yaml line 2: but found another document");
  }

  @Test
  void valuesAreTakenAsTheyAreWrittenAndAliasesStandForWhatTheyName() throws Exception {
    Demo config =
        read(
            """
            gateway: &name 0755
            mode:
            routes:
              - &rule {filter: *name, stream: ~}
              - *rule
            """,
            Map.of("HEADWATER_DEMO_MODE", "newest-first"));

    assertThat(config.gateway()).contains("0755");
    assertThat(config.routes())
        .containsExactly(new Rule("0755", Optional.of("")), new Rule("0755", Optional.of("")));
  }

  @Test
  void refusesWhatIsWithinItselfAndKeysThatAreNoWords() {
    assertThatThrownBy(() -> read("node-id: 1\nroutes: &all\n  - *all\n", Map.of()))
        .hasMessageContaining("demo.yaml line 2: is within itself, by an alias; write it out");
    assertThatThrownBy(() -> read("commit: &c\n  linger: *c\n", Map.of()))
        .hasMessageContaining("is within itself, by an alias; write it out");
    assertThatThrownBy(() -> read("node-id: 1\n[a, b]: 2\n", Map.of()))
        .hasMessageContaining("demo.yaml line 2: a key must be a word, not a list or a section");
  }

  @Test
  void refusesAKeyGivenTwice() {
    assertThatThrownBy(() -> read("node-id: 1\nnode-id: 2\n", Map.of()))
        .hasMessageContaining("demo.yaml line 2: 'node-id' is given twice");
  }

  @Test
  void namesAMissingFileAndAMissingValue() {
    assertThatThrownBy(() ->
            Config.read(
                "demo",
                Demo.DEFAULTS,
                Optional.of(folder.resolve("none.yaml")),
                Map.of(),
                List.of()))
        .hasMessageContaining("none.yaml: there is no such file");
    assertThatThrownBy(() -> read("routes:\n  - stream: x\n", Map.of()))
        .hasMessageContaining("'routes[0].filter' is missing");
  }

  record WithSource(int port, YamlSource inputs) {
    static final WithSource DEFAULTS = new WithSource(1, new YamlSource("", "[]"));
  }

  private WithSource source(String yaml) throws Exception {
    Path file = Files.writeString(folder.resolve("edge.yaml"), yaml);
    return Config.read("edge", WithSource.DEFAULTS, Optional.of(file), Map.of(), List.of());
  }

  @Test
  void partsThatAreWantedAsTheyStandKeepTheirLines() throws Exception {
    YamlSource inputs =
        source(
                """
                # °: beyond ASCII
                inputs:
                  - name: a
                    unit: °C # as is
                  - name: b

                port: 2
                """)
            .inputs();
    YamlFile file = YamlFile.of(inputs);
    var nodes = file.list(file.root("").orElseThrow());
    file.problem(nodes.getLast(), "wrong");

    assertThat(nodes).hasSize(2);
    assertThat(file.problems()).containsExactly(folder.resolve("edge.yaml") + " line 5: wrong");
  }

  /** Their mistakes are for those who read them: others' parts are not held up. */
  @Test
  void partsThatAreWantedAsTheyStandMayBeWrongAndKnowAnchorsFromElsewhere() throws Exception {
    YamlSource inputs =
        source("port: &p 7\ninputs:\n  - {name: a, name: b}\n  - &i {port: *p, [x]: *i}\n")
            .inputs();
    YamlFile file = YamlFile.of(inputs);
    var nodes = file.list(file.root("").orElseThrow());
    var _ = file.section(nodes.getFirst(), "input", Set.of("name"));

    assertThat(YamlFile.childText(nodes.getLast(), "port")).contains("7");
    assertThat(file.problems())
        .containsExactly(folder.resolve("edge.yaml") + " line 3: 'name' is given twice");
    assertThat(source("port: &p 7\ninputs: [*p]")).isNotEqualTo(source("port: &p 8\ninputs: [*p]"));
    assertThat(source("port: 7\ninputs: ['7']")).isEqualTo(source("port: &p 7\ninputs: [*p] # as"));
  }

  @Test
  void overridesGoBelowASectionWithNothingInIt() throws Exception {
    Demo config = read("commit:\n  # linger: 5ms\n", Map.of("HEADWATER_DEMO_COMMIT_LINGER", "7ms"));

    assertThat(config.commit().linger()).isEqualTo(Duration.ofMillis(7));
  }

  @Test
  void aliasesCannotMakeMillionsOfValues() {
    var yaml = new StringBuilder("node-id: 1\nroutes:\n  - &a0 [x, x, x]\n");
    for (int i = 1; i <= 16; i++) {
      yaml.append("  - &a%d [*a%d, *a%d, *a%d]\n".formatted(i, i - 1, i - 1, i - 1));
    }

    assertThatThrownBy(() -> read(yaml.toString(), Map.of()))
        .hasMessageContaining("demo.yaml: has more than 100000 values, by its aliases");
  }

  @Test
  void charactersThatAreNotOfATextAreFound() {
    assertThatThrownBy(() -> read("node-id: 1\ngateway: a\u001bb\n", Map.of()))
        .hasMessageContaining("demo.yaml line 2: the character U+001B must not be in YAML");
  }

  @Test
  void partsThatAreWantedAsTheyStandAreEqualWhereverTheyStand() throws Exception {
    assertThat(source("inputs: [{name: a}]"))
        .isEqualTo(source("\n\ninputs:   [{name: a}]\nport: 1"))
        .isNotEqualTo(source("inputs: [{name: b}]"));
    assertThat(source("port: 1")).isEqualTo(WithSource.DEFAULTS);
    assertThat(
            Config.read(
                    "edge",
                    WithSource.DEFAULTS,
                    Optional.empty(),
                    Map.of("HEADWATER_EDGE_INPUTS", "[{name: c}]"),
                    List.of())
                .inputs())
        .hasToString("[{name: c}]");
  }

  @Test
  void durationsAreWrittenAsTheyAreRead() {
    for (String each : new String[] {"1ms", "1500ms", "90s", "5m", "36h", "7d"}) {
      assertThat(Durations.text(Durations.parse(each))).isEqualTo(each);
    }
    assertThat(Durations.text(Durations.parse("86400000ms"))).isEqualTo("1d");
    assertThat(Durations.text(Durations.parse("0"))).isEqualTo("0ms");
  }
}
