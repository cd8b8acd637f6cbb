package io.headwater.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.ByteSize;
import io.headwater.process.Config;
import io.headwater.process.HostPort;
import io.headwater.process.Setting;
import io.headwater.process.UserError;
import io.headwater.testsupport.Headwater;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class AnalyticsConfigTest {
  @Test
  void theExampleFileHoldsTheDefaults() {
    Path example = Headwater.home().resolve("streams-analytics/examples/analytics.yaml");

    AnalyticsConfig read =
        Config.read(
            "analytics", AnalyticsConfig.DEFAULTS, Optional.of(example), Map.of(), List.of());

    assertThat(read)
        .usingRecursiveComparison()
        .ignoringFields("queries")
        .isEqualTo(AnalyticsConfig.DEFAULTS);
    assertThat(read.queries().map(queries -> Headwater.home().resolve(queries)))
        .hasValueSatisfying(queries -> assertThat(queries).exists());
  }

  @Test
  void everyKeyCanBeSet() {
    assertThat(
            read(
                Map.ofEntries(
                    Map.entry("data", "/d"),
                    Map.entry("hub", "a:1,[::1]:2"),
                    Map.entry("queries", "/q.yaml"),
                    Map.entry("http", "0.0.0.0:1"),
                    Map.entry("advertise", "gateway-7:1"),
                    Map.entry("application", "other"),
                    Map.entry("commit-interval", "50ms"),
                    Map.entry("session-timeout", "20s"),
                    Map.entry("threads", "3"),
                    Map.entry("standbys", "1"),
                    Map.entry("store", "memory"),
                    Map.entry("state-memory", "8MiB"),
                    Map.entry("topologies", "/a.jar,/b.jar"))))
        .isEqualTo(
            new AnalyticsConfig(
                Path.of("/d"),
                List.of(new HostPort("a", 1), new HostPort("::1", 2)),
                Optional.of(Path.of("/q.yaml")),
                new HostPort("0.0.0.0", 1),
                Optional.of(new HostPort("gateway-7", 1)),
                "other",
                Duration.ofMillis(50),
                Duration.ofSeconds(20),
                3,
                1,
                AnalyticsConfig.Store.MEMORY,
                new ByteSize(8L << 20),
                List.of(Path.of("/a.jar"), Path.of("/b.jar"))));
  }

  @ParameterizedTest
  @CsvSource({
    "hub, '', hub is empty",
    "application, a b, application 'a b' must be",
    "commit-interval, 6s, commit-interval 6000 ms is not between 10 ms and 5000 ms",
    "session-timeout, 500ms, session-timeout 500 ms is not between 1000 ms and 300000 ms",
    "threads, 0, threads 0 is not between 1 and 64",
    "standbys, 5, standbys 5 is not between 0 and 4",
    "store, disk, is not one of",
    "advertise, gateway-7:0, advertise gateway-7:0 has no port",
    "state-memory, 1MiB, state-memory 1048576 bytes < min 4MiB"
  })
  void refusesValuesOutOfRange(String key, String value, String problem) {
    assertThatThrownBy(() -> read(Map.of(key, value)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(problem);
  }

  private static AnalyticsConfig read(Map<String, String> values) {
    List<Setting> settings =
        values.entrySet().stream()
            .map(entry -> new Setting(entry.getKey(), entry.getValue(), "--set"))
            .toList();
    return Config.read("analytics", AnalyticsConfig.DEFAULTS, Optional.empty(), Map.of(), settings);
  }
}
