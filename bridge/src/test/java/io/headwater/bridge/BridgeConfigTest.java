package io.headwater.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
class BridgeConfigTest {
  @Test
  void exampleFileHoldsTheDefaults() {
    BridgeConfig example =
        Config.read(
            "bridge",
            BridgeConfig.DEFAULTS,
            Optional.of(Path.of("examples", "bridge.yaml")),
            Map.of(),
            List.of());

    assertThat(example).isEqualTo(BridgeConfig.DEFAULTS);
  }

  @Test
  void networkListenerNeedsTheWordInsecure() {
    assertThatThrownBy(() -> read(new Setting("listen.mqtt", "0.0.0.0:1884", "--set")))
        .hasMessageContaining("set 'insecure: true'");
    assertThatThrownBy(() -> read(new Setting("id", "a b", "--set")))
        .hasMessageContaining("id 'a b'");
  }

  private static BridgeConfig read(Setting... settings) {
    return Config.read(
        "bridge", BridgeConfig.DEFAULTS, Optional.empty(), Map.of(), List.of(settings));
  }
}
