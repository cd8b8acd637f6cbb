package io.headwater.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.Config;
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

  /** Before a start, or an upgrade, that would end with it. */
  @Test
  void checkLooksAtTheFilesThatAreNamed(@TempDir Path folder) throws Exception {
    String secret = folder.resolve("secret").toString();
    BridgeConfig config =
        read(
            new Setting("access.site-secret-file", secret, "--set"),
            new Setting("access.gateways-file", folder.resolve("gateways").toString(), "--set"));
    assertThatThrownBy(() -> Bridge.check(config))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("access.site-secret-file: cannot use " + secret);
    Files.writeString(Path.of(secret), "s3cret\n");
    assertThatThrownBy(() -> Bridge.check(config))
        .hasMessageContaining("gateways-file: cannot use");
    Files.writeString(folder.resolve("gateways"), "");
    Bridge.check(config);

    BridgeConfig tls =
        read(
            new Setting("insecure", "true", "--set"),
            new Setting("listen.tls", "127.0.0.1:0", "--set"),
            new Setting("tls.cert", folder.resolve("cert.pem").toString(), "--set"),
            new Setting("tls.key", folder.resolve("key.pem").toString(), "--set"));
    assertThatThrownBy(() -> Bridge.check(tls)).hasMessageContaining("tls.cert: cannot use");
  }

  private static BridgeConfig read(Setting... settings) {
    return Config.read(
        "bridge", BridgeConfig.DEFAULTS, Optional.empty(), Map.of(), List.of(settings));
  }
}
