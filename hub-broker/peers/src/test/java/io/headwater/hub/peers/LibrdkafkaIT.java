package io.headwater.hub.peers;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** librdkafka with all codecs, transactions, groups and its administration, through Python. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LibrdkafkaIT {
  @TempDir private Path folder;

  @Test
  void producesConsumesAndAdministers() {
    Path python = Peer.pythonWithKafka(folder);
    try (PeerHub hub = PeerHub.start(folder)) {
      Peer.runChecks(folder, python, Peer.resource("librdkafka.py").toString(), hub.address());
    }
  }
}
