package io.headwater.hub.peers;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** kafkajs, a client written from the protocol's description alone. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class KafkaJsIT {
  private static final List<String> FILES =
      List.of("package.json", "package-lock.json", ".npmrc", "client.js");

  @TempDir private Path folder;

  @Test
  void producesConsumesAndAdministers() throws IOException {
    Path node = OutsideSoftware.find("node");
    install(OutsideSoftware.find("npm"));
    try (PeerHub hub = PeerHub.start(folder)) {
      Peer.runChecks(folder, node, "client.js", hub.address());
    }
  }

  private void install(Path npm) throws IOException {
    for (String file : FILES) {
      Files.copy(Peer.resource("kafkajs/" + file), folder.resolve(file));
    }
    try (var installing = ChildProcess.start(folder, npm.toString(), "ci")) {
      if (installing.awaitExit(Duration.ofSeconds(90)) != 0) {
        System.out.println(installing.output());
        OutsideSoftware.doWithout("kafkajs");
      }
    }
  }
}
