package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.edge.access.AccessSettings;
import io.headwater.edge.forward.ForwarderSettings;
import io.headwater.edge.log.FlashBudget;
import io.headwater.edge.remote.RemoteSettings;
import io.headwater.edge.remote.RemoteTopic;
import io.headwater.edge.route.SendOrder;
import io.headwater.process.ByteSize;
import io.headwater.process.Config;
import io.headwater.process.HostPort;
import io.headwater.process.Setting;
import io.headwater.process.TlsSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class EdgeConfigTest {
  @TempDir private Path folder;

  @Test
  void exampleFileHoldsTheDefaults() {
    EdgeConfig example =
        Config.read(
            "edge",
            EdgeConfig.DEFAULTS,
            Optional.of(Path.of("examples", "edge.yaml")),
            Map.of(),
            List.of());

    assertThat(example).isEqualTo(EdgeConfig.DEFAULTS);
  }

  @Test
  void networkListenerNeedsAWayToTellClientsApart() {
    var open = new Setting("listen.mqtt", "0.0.0.0:1883", "--set");

    assertThatThrownBy(() -> read(open))
        .hasMessageContaining("set access.password-file, or 'access.allow-anonymous: always'");
    assertThat(read(open, new Setting("access.allow-anonymous", "always", "--set")).access())
        .isNotEqualTo(AccessSettings.DEFAULTS);
    assertThat(read(open, new Setting("access.password-file", "/p", "--set")).access())
        .isNotEqualTo(AccessSettings.DEFAULTS);
  }

  @Test
  void badValuesNameTheirLimits() {
    assertThatThrownBy(() -> read(new Setting("gateway", "a/b", "--set")))
        .hasMessageContaining("gateway 'a/b'");
    assertThatThrownBy(() -> read(new Setting("uplink.batch-records", "0", "--set")))
        .hasMessageContaining("uplink.batch-records 0 is not between 1 and 100000");
    assertThatThrownBy(() -> read(new Setting("log.lingr", "1ms", "--set")))
        .hasMessageContaining("did you mean 'log.linger'?");
  }

  @Test
  void limitOfTheUplinkIsRead() throws Exception {
    assertThat(
            read("""
            uplink:
              limit: {readings-per-second: 2000, bytes-per-second: 1MiB}
            """)
                .uplink()
                .limit())
        .isEqualTo(
            new ForwarderSettings.Limit(Optional.of(2_000L), Optional.of(ByteSize.ofMebibytes(1))));
    assertThatThrownBy(() -> read(new Setting("uplink.limit.readings-per-second", "0", "--set")))
        .hasMessageContaining("readings-per-second 0 < min 1");
    assertThatThrownBy(() -> read(new Setting("uplink.limit.bytes-per-second", "10", "--set")))
        .hasMessageContaining("bytes-per-second 10 < min 1KiB");
  }

  @Test
  void flashBudgetIsRead() throws Exception {
    assertThat(
            read("""
            log:
              flash-budget: {bytes-per-day: 500MiB, longest-interval: 30s}
            """)
                .log()
                .flashBudget())
        .isEqualTo(new FlashBudget(Optional.of(ByteSize.ofMebibytes(500)), Duration.ofSeconds(30)));
    assertThatThrownBy(() -> read(new Setting("log.flash-budget.bytes-per-day", "500", "--set")))
        .hasMessageContaining("log.flash-budget.bytes-per-day 500 < min 1MiB");
    assertThatThrownBy(() -> read(new Setting("log.flash-budget.longest-interval", "2h", "--set")))
        .hasMessageContaining("longest-interval 7200000ms is not 10ms to 1h");
  }

  @Test
  void ordersOfRoutesAreReadAndHeldAgainstEachOther() throws Exception {
    assertThat(
            read("""
            routes:
              - {topic: a/#, stream: plant, key: k, order: interleave 3:1}
              - {topic: b/#, stream: plant, key: k}
            """)
                .routes()
                .getFirst()
                .order())
        .contains(SendOrder.interleave(3, 1));
    assertThatThrownBy(() ->
            read(
                """
                routes:
                  - {topic: a/#, stream: plant, key: k, order: newest-first}
                  - {topic: b/#, stream: plant, key: k, order: oldest-first}
                """))
        .hasMessageContaining("routes a/# and b/# feed the stream plant");
    assertThatThrownBy(() ->
            read(
                """
                routes:
                  - {topic: a/#, stream: plant, key: k, order: newest}
                """))
        .hasMessageContaining("routes[0].order: 'newest' is no order");
  }

  @Test
  void everyKeyOfARemoteIsRead() throws Exception {
    EdgeConfig config =
        read(
            """
            remotes:
              - name: plant
                addresses: ["a:1883", "b:8883"]
                tls: {ca: ca.crt, cert: own.crt, key: own.key}
                user: joe
                password-file: secret
                client-id: me
                clean-session: true
                keep-alive: 5s
                max-hops: 3
                backlog: 10MiB
                topics:
                  - {pattern: "a/#", direction: in, qos: 2, local-prefix: l/, remote-prefix: r/}
                  - {pattern: b, direction: both}
            """);

    assertThat(config.remotes())
        .containsExactly(
            new RemoteSettings(
                "plant",
                List.of(new HostPort("a", 1883), new HostPort("b", 8883)),
                Optional.of(
                    new TlsSettings(
                        Optional.of(Path.of("ca.crt")),
                        Optional.of(Path.of("own.crt")),
                        Optional.of(Path.of("own.key")))),
                Optional.of("joe"),
                Optional.of(Path.of("secret")),
                Optional.of("me"),
                Optional.of(true),
                Optional.of(Duration.ofSeconds(5)),
                Optional.of(3),
                Optional.of(ByteSize.ofMebibytes(10)),
                List.of(
                    new RemoteTopic(
                        "a/#",
                        RemoteTopic.Direction.IN,
                        Optional.of(2),
                        Optional.of("l/"),
                        Optional.of("r/")),
                    new RemoteTopic(
                        "b",
                        RemoteTopic.Direction.BOTH,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()))));
  }

  /** The commented section of the example file, as users take it up. */
  @Test
  void theExampleOfARemoteIsOne() throws Exception {
    String yaml =
        Files.readAllLines(Path.of("examples", "edge.yaml")).stream()
            .dropWhile(line -> !line.startsWith("# remotes:"))
            .takeWhile(line -> line.startsWith("#"))
            .map(line -> line.substring(2))
            .collect(Collectors.joining("\n"));

    RemoteSettings plant = read(yaml).remotes().getFirst();

    assertThat(plant.name()).isEqualTo("plant");
    assertThat(plant.tls()).isPresent();
    assertThat(plant.passwordFile()).isPresent();
    assertThat(plant.clientId()).isPresent();
    assertThat(plant.cleanSession()).contains(false);
    assertThat(plant.keepAlive()).contains(Duration.ofSeconds(30));
    assertThat(plant.maxHops()).contains(8);
    assertThat(plant.backlog()).contains(ByteSize.ofMebibytes(2048));
    assertThat(plant.topics()).hasSize(3);
  }

  @Test
  void mistakesInRemotesAreNamed() {
    assertThatThrownBy(() ->
            read(
                """
                remotes:
                  - {name: a b, addresses: [h:1], topics: [{pattern: x, direction: in}]}
                  - {name: c, addresses: [], topics: [{pattern: x, direction: up}]}
                  - {name: d, addresses: [h:1], topics: []}
                  - {name: e, addresses: [h:1], max-hops: 0, topics: [{pattern: x, direction: in}]}
                  - {name: f, addresses: [h:1], password-file: x, topics: [{pattern: x, direction: in}]}
                  - {name: g, addresses: [h:1], keep-alive: 0s, topics: [{pattern: x, direction: in}]}
                  - {name: i, adresses: [h:1], topics: [{pattern: x, direction: in}]}
                """))
        .hasMessageContaining("remotes[0]: name 'a b' is not 1 to 64 of letters")
        .hasMessageContaining("'up' is not one of in, out, both")
        .hasMessageContaining("remotes[2]: topics of 'd' are empty")
        .hasMessageContaining("remotes[3]: max-hops 0 of 'e' is not between 1 and 1000")
        .hasMessageContaining("remotes[4]: password-file of 'f' needs a user")
        .hasMessageContaining("remotes[5]: keep-alive 0s of 'g' is not between 1s and 65535s")
        .hasMessageContaining("did you mean 'remotes[6].addresses'?");
    assertThatThrownBy(() ->
            read(
                """
                remotes:
                  - {name: a, addresses: [h:1], topics: [{pattern: x, direction: in}]}
                  - {name: a, addresses: [i:1], topics: [{pattern: y, direction: in}]}
                """))
        .hasMessageContaining("two remotes have the name 'a'");
  }

  private EdgeConfig read(String yaml) throws IOException {
    Path file = Files.writeString(folder.resolve("edge.yaml"), yaml);
    return Config.read("edge", EdgeConfig.DEFAULTS, Optional.of(file), Map.of(), List.of());
  }

  private static EdgeConfig read(Setting... settings) {
    return Config.read("edge", EdgeConfig.DEFAULTS, Optional.empty(), Map.of(), List.of(settings));
  }
}
