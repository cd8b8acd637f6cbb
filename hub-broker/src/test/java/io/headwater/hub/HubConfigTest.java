package io.headwater.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.Config;
import io.headwater.process.HostPort;
import io.headwater.process.Setting;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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
