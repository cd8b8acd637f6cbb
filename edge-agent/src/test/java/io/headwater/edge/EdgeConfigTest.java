package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.edge.access.AccessSettings;
import io.headwater.process.Config;
import io.headwater.process.Setting;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class EdgeConfigTest {
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

  private static EdgeConfig read(Setting... settings) {
    return Config.read("edge", EdgeConfig.DEFAULTS, Optional.empty(), Map.of(), List.of(settings));
  }
}
