package io.headwater.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code headwater train}, and a process that starts with what it has learnt. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class TrainIT {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "hub, hub-broker/target/headwater-hub-broker.aot, --set=zookeeper=127.0.0.1:0, kafka",
    "edge, edge-agent/target/headwater-edge-agent.aot, --bridge=127.0.0.1:1, mqtt"
  })
  void processStartsWithItsCache(String process, String file, String option, String address)
      throws IOException {
    Path cache = Headwater.home().resolve(file);
    try {
      try (ChildProcess training = Headwater.start(folder, "train", process)) {
        assertThat(training.awaitExit(Duration.ofSeconds(200))).as(training.output()).isZero();
        assertThat(training.output()).contains("Wrote " + cache);
      }
      // With this option the JVM ends instead of going without a cache that does not fit.
      try (ChildProcess trained =
          ChildProcess.start(
              folder,
              Map.of("HEADWATER_BUILD", "never", "HEADWATER_JAVA_OPTIONS", "-XX:AOTMode=on"),
              Headwater.home().resolve("headwater").toString(),
              process,
              "--data=" + folder.resolve(process),
              "--port=0",
              "--set=http=127.0.0.1:0",
              option)) {
        assertThat(trained.awaitReady(Duration.ofSeconds(60))).containsKey(address);
      }
    } finally {
      Files.deleteIfExists(cache); // the other tests start what users start
    }
  }
}
