package io.headwater.hub.bookkeeper;

import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AutoRecoveryTest {
  @TempDir private Path folder;

  /** For hours, maybe: what each attempt left behind would pile up. */
  @Test
  void attemptsWithoutZooKeeperLeaveNoThreads() {
    Set<String> before = clients();
    var conf =
        BookieConfigurations.of(
            new BookieFolder(folder),
            BookieCluster.freePort().toString(),
            BookieSettings.safe(BookieCluster.freePort(), Duration.ofSeconds(1)));
    try (var recovery = AutoRecovery.start(conf)) {
      await()
          .during(Duration.ofSeconds(4)) // an attempt takes a session's time-out
          .atMost(Duration.ofSeconds(20))
          .until(() -> recovery != null && clients().equals(before));
    }
  }

  private static Set<String> clients() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("BookKeeperClient"))
        .collect(Collectors.toSet());
  }
}
