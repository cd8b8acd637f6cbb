package io.headwater.hub.peers;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.OutsideSoftware;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** librdkafka with all codecs, transactions, groups and its administration, through Python. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LibrdkafkaIT {
  /** Debian's own: the package is not seen by another Python that comes first on the path. */
  private static final Path DEBIAN = Path.of("/usr/bin/python3");

  @TempDir private Path folder;

  @Test
  void producesConsumesAndAdministers() {
    Path python = Files.isExecutable(DEBIAN) ? DEBIAN : OutsideSoftware.find("python3");
    if (!imports(python)) {
      OutsideSoftware.doWithout("python3-confluent-kafka");
    }
    try (PeerHub hub = PeerHub.start(folder)) {
      Peer.runChecks(folder, python, Peer.resource("librdkafka.py").toString(), hub.address());
    }
  }

  private boolean imports(Path python) {
    try (var process =
        ChildProcess.start(folder, python.toString(), "-c", "import confluent_kafka")) {
      return process.awaitExit(Duration.ofSeconds(20)) == 0;
    }
  }
}
