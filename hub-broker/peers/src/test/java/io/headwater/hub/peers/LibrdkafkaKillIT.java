package io.headwater.hub.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The hub is killed while librdkafka's idempotent and transactional producers send; {@code
 * -Dheadwater.kills=50} kills more often.
 */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class LibrdkafkaKillIT {
  private static final int KILLS = Integer.getInteger("headwater.kills", 4);

  @TempDir private Path folder;

  @Test
  void whatLibrdkafkaGotAcknowledgedIsThereOnce() throws IOException {
    Seed seed = Seed.next();
    RandomGenerator random = seed.random();
    Path python = Peer.pythonWithKafka(folder);
    Path stop = folder.resolve("stop");
    try (PeerHub hub = PeerHub.start(folder);
        ChildProcess client =
            Peer.start(
                folder,
                python,
                Peer.resource("librdkafka_kills.py").toString(),
                hub.address(),
                stop.toString())) {
      for (int kill = 0; kill < KILLS; kill++) {
        awaitMore(client, seed, 20 + random.nextInt(400));
        hub.crash();
      }
      awaitMore(client, seed, 20);
      Files.createFile(stop);
      assertThat(client.awaitExit(Duration.ofMinutes(5)))
          .as("%s%n%s", seed, client.output())
          .isZero();
      client.output().lines().filter(line -> line.startsWith("ok ")).forEach(System.out::println);
      assertThat(client.output().stripTrailing()).as("%s", seed).endsWith("all checked");
    }
  }

  /** Both producers get on. */
  private static void awaitMore(ChildProcess client, Seed seed, int more) {
    long before = acked(client);
    Awaitility.await("%s: both producers go on".formatted(seed))
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> {
          assertThat(client.isAlive()).as("%s%n%s", seed, client.output()).isTrue();
          return acked(client) >= before + more;
        });
  }

  private static long acked(ChildProcess client) {
    return client
        .output()
        .lines()
        .filter(line -> line.startsWith("acked "))
        .reduce((_, last) -> last)
        .map(line -> Long.parseLong(line.substring("acked ".length())))
        .orElse(0L);
  }
}
