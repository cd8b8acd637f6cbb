package io.headwater.hub;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.Config;
import io.headwater.process.HostPort;
import io.headwater.process.Setting;
import io.headwater.process.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class HubConfigTest {
  @Test
  void exampleFileHoldsTheDefaults() {
    HubConfig example =
        Config.read(
            "hub",
            HubConfig.DEFAULTS,
            Optional.of(Path.of("examples", "hub.yaml")),
            Map.of(),
            List.of());

    assertThat(example).isEqualTo(HubConfig.DEFAULTS);
  }

  /** Before a start, or an upgrade, that would end with it. */
  @Test
  void checkLooksAtWhatTopicsGet() {
    HubConfig config =
        Config.read(
            "hub",
            HubConfig.DEFAULTS,
            Optional.empty(),
            Map.of(),
            List.of(new Setting("topics.defaults.retention.ms", "soon", "--set")));

    assertThatThrownBy(() -> Hub.check(config))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("topics.defaults: ")
        .hasMessageContaining("soon");
    Hub.check(HubConfig.DEFAULTS);
  }

  /** What stands there as comments is a node's configuration, too. */
  @Test
  void exampleOfAClusterCanBeUsed(@TempDir Path folder) throws Exception {
    String example = Files.readString(Path.of("examples", "hub.yaml"));
    String section = example.substring(example.indexOf("# cluster:"));
    Path file =
        Files.writeString(
            folder.resolve("hub.yaml"),
            "insecure: true\n"
                + section.lines().map(HubConfigTest::uncommented).collect(joining("\n")));
    HubConfig config =
        Config.read("hub", HubConfig.DEFAULTS, Optional.of(file), Map.of(), List.of());

    ClusterConfig cluster = config.cluster().orElseThrow();
    assertThat(cluster)
        .usingRecursiveComparison()
        .ignoringFields("zookeeper", "bookie")
        .isEqualTo(ClusterConfig.DEFAULTS);
    assertThat(cluster.connectString())
        .isEqualTo("hub1.example.org:2181,hub2.example.org:2181,hub3.example.org:2181");
  }

  private static String uncommented(String line) {
    return line.startsWith("# ") ? line.substring(2) : line;
  }

  @Test
  void badNodesOfAClusterAreRefused() {
    var bookie = new Setting("cluster.bookie", "127.0.0.1:3181", "--set");
    assertThatThrownBy(() -> read(bookie)).hasMessageContaining("cluster.zookeeper is missing");
    var member = new Setting("cluster.zookeeper.1", "localhost:1:2;3", "--set");
    assertThatThrownBy(() -> read(member, new Setting("node-id", "4", "--set")))
        .hasMessageContaining("cluster.zookeeper names the nodes [1] and not node-id 4");
    assertThatThrownBy(() -> read(new Setting("cluster.zookeeper.1", "localhost:2181", "--set")))
        .hasMessageContaining("cluster.zookeeper.1: 'localhost:2181'");
    assertThatThrownBy(() -> read(member, new Setting("cluster.bookies", "2", "--set")))
        .hasMessageContaining("replication-factor 3 is not between 1 and bookies (2)");
    assertThatThrownBy(() -> read(member, new Setting("cluster.bookie", "10.0.0.1:3181", "--set")))
        .hasMessageContaining("cluster.bookie 10.0.0.1:3181 opens the node to the network");
  }

  @Test
  void topicDefaultsTakeKafkasNames() {
    HubConfig config = read(new Setting("topics.defaults.retention.ms", "1000", "--set"));

    assertThat(config.topics().defaults()).containsEntry("retention.ms", "1000");
  }

  @Test
  void badValuesNameTheirLimits() {
    assertThatThrownBy(() -> read(new Setting("listen.kafka", "0.0.0.0:9092", "--set")))
        .hasMessageContaining("set 'insecure: true'");
    assertThatThrownBy(() -> read(new Setting("max-request-size", "1KiB", "--set")))
        .hasMessageContaining("max-request-size 1KiB is not between 64KiB and 2047MiB");
    assertThatThrownBy(() -> read(new Setting("topics.default-partitions", "0", "--set")))
        .hasMessageContaining("topics.default-partitions 0 < min 1");
  }

  @Test
  void anAddressThatNobodyCanConnectToIsNotAdvertised() {
    var open = new Setting("listen.kafka", "0.0.0.0:9092", "--set");
    var insecure = new Setting("insecure", "true", "--set");

    assertThatThrownBy(() -> read(open, insecure)).hasMessageContaining("set 'advertised'");
    assertThat(
            read(open, insecure, new Setting("advertised", "hub.example.org:9092", "--set"))
                .advertised())
        .contains(new HostPort("hub.example.org", 9092));
    assertThatThrownBy(() -> read(new Setting("advertised", "0.0.0.0:9093", "--set")))
        .hasMessageContaining("advertised 0.0.0.0:9093 is no address that clients can connect to");
  }

  private static HubConfig read(Setting... settings) {
    return Config.read("hub", HubConfig.DEFAULTS, Optional.empty(), Map.of(), List.of(settings));
  }
}
