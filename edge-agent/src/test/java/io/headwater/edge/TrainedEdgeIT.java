package io.headwater.edge;

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

/** {@code headwater train edge}, and an agent that starts with what it has learnt. */
@Timeout(value = 200, unit = TimeUnit.SECONDS)
class TrainedEdgeIT {
  @TempDir private Path folder;

  @Test
  void agentStartsWithItsCache() throws IOException {
    Path cache = Headwater.home().resolve("edge-agent/target/headwater-edge-agent.aot");
    try {
      try (ChildProcess training = Headwater.start(folder, "train", "edge")) {
        assertThat(training.awaitExit(Duration.ofMinutes(2))).as(training.output()).isZero();
        assertThat(training.output()).contains("Wrote " + cache);
      }
      // With this option the JVM ends instead of going without a cache that does not fit.
      try (ChildProcess agent =
          ChildProcess.start(
              folder,
              Map.of("HEADWATER_BUILD", "never", "HEADWATER_JAVA_OPTIONS", "-XX:AOTMode=on"),
              Headwater.home().resolve("headwater").toString(),
              "edge",
              "--data=" + folder.resolve("edge"),
              "--port=0",
              "--set=http=127.0.0.1:0",
              "--bridge=127.0.0.1:1")) {
        assertThat(agent.awaitReady(Duration.ofSeconds(60))).containsKey("mqtt");
      }
    } finally {
      Files.deleteIfExists(cache); // the other tests start what users start
    }
  }
}
