package io.headwater.hub.bookkeeper;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.hub.zookeeper.EmbeddedZooKeeper;
import io.headwater.process.HostPort;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.bookkeeper.conf.ClientConfiguration;
import org.apache.bookkeeper.zookeeper.BoundExponentialBackoffRetryPolicy;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class OneSessionIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(4);

  @TempDir private Path folder;
  private EmbeddedZooKeeper zookeeper;
  private OneSession session;

  @BeforeEach
  void start() throws Exception {
    zookeeper = EmbeddedZooKeeper.start(folder, new HostPort("127.0.0.1", 0));
    var conf = new ClientConfiguration();
    CommonSettings.apply(conf, zookeeper.connectString(), TIMEOUT);
    session = OneSession.connect(conf, new BoundExponentialBackoffRetryPolicy(100, 1_000, 10));
  }

  @AfterEach
  void stop() throws Exception {
    session.end();
    zookeeper.close();
  }

  @Test
  void oneThatExpiresIsFollowedByAnother() throws Exception {
    long before = session.getSessionId();
    expire();

    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> session.getSessionId() != before);
    assertThat(session.exists("/zookeeper", false)).isNotNull();
  }

  /** As somebody who knows its password can end it, and time does. */
  @SuppressWarnings("try") // a close that is interrupted fails the test
  private void expire() throws Exception {
    var connected = new CountDownLatch(1);
    try (var same =
        new ZooKeeper(
            zookeeper.connectString(),
            Math.toIntExact(TIMEOUT.toMillis()),
            event -> {
              if (event.getState() == KeeperState.SyncConnected) {
                connected.countDown();
              }
            },
            session.getSessionId(),
            session.getSessionPasswd())) {
      assertThat(same).isNotNull();
      connected.await();
    }
  }

  /** BookKeeper asks for another connection each time one has not begun in time. */
  @Test
  void oneThatBeginsLateIsNotBegunTwice() throws Exception {
    ZooKeeper late = session.createZooKeeper();
    assertThat(session.createZooKeeper()).as("it goes on trying").isSameAs(late);

    late.close();
    assertThat(session.createZooKeeper()).as("it was in use, and has ended").isNotSameAs(late);
  }

  @Test
  void theCloseEndsWhatHasNotBegun() throws Exception {
    ZooKeeper late = session.createZooKeeper();

    session.end();

    assertThat(late.getState().isAlive()).isFalse();
  }
}
