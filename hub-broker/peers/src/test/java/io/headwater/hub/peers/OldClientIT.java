package io.headwater.hub.peers;

import java.io.File;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** kafka-clients 2.1, the oldest that a broker of Kafka 4 serves (KIP-896). */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class OldClientIT {
  @TempDir private Path folder;

  @Test
  void producesConsumesAndAdministers() {
    Path jars = Path.of("target", "old-clients").toAbsolutePath();
    try (PeerHub hub = PeerHub.start(folder)) {
      Peer.runChecks(
          folder,
          Peer.JAVA,
          "--enable-native-access=ALL-UNNAMED",
          "-cp",
          jars + File.separator + "*",
          Peer.resource("OldClient.java").toString(),
          hub.address());
    }
  }
}
