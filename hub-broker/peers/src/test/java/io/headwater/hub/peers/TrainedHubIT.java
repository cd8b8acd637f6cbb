package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code headwater train hub}, and a hub that starts with what it has learnt. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class TrainedHubIT {
  @TempDir private Path folder;

  @Test
  void hubStartsWithItsCache() throws IOException {
    Path cache = Headwater.home().resolve("hub-broker/target/headwater-hub-broker.aot");
    try {
      try (ChildProcess training = Headwater.start(folder, "train", "hub")) {
        assertThat(training.awaitExit(Duration.ofSeconds(200))).as(training.output()).isZero();
        assertThat(training.output()).contains("Wrote " + cache);
      }
      // With this option the JVM ends instead of going without a cache that does not fit.
      try (ChildProcess hub =
          ChildProcess.start(
              folder,
              Map.of("HEADWATER_BUILD", "never", "HEADWATER_JAVA_OPTIONS", "-XX:AOTMode=on"),
              Headwater.home().resolve("headwater").toString(),
              "hub",
              "--data=" + folder.resolve("hub"),
              "--port=0",
              "--set=http=127.0.0.1:0",
              "--set=zookeeper=127.0.0.1:0")) {
        assertThat(hub.awaitReady(Duration.ofSeconds(60))).containsKey("kafka");
      }
    } finally {
      Files.deleteIfExists(cache); // the other tests start what users start
    }
  }
}
