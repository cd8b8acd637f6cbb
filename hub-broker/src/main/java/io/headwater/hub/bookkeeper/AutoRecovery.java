package io.headwater.hub.bookkeeper;

import io.headwater.process.Threads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.bookkeeper.conf.ServerConfiguration;
import org.apache.bookkeeper.replication.AutoRecoveryMain;
import org.apache.bookkeeper.zookeeper.BoundExponentialBackoffRetryPolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies what lost bookies held to others.
 *
 * <p>BookKeeper's own daemon ends for good when its session with ZooKeeper expires; here it is then
 * started anew, on the thread {@code hub-auto-recovery}.
 */
final class AutoRecovery implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(AutoRecovery.class);
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final ServerConfiguration conf;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;

  private AutoRecovery(ServerConfiguration conf) {
    this.conf = conf;
    this.thread = Threads.start("hub-auto-recovery", this::run);
  }

  static AutoRecovery start(ServerConfiguration conf) {
    return new AutoRecovery(conf);
  }

  private void run() {
    boolean open = true;
    while (open) {
      try {
        open = runOnce();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      } catch (Exception e) {
        LOGGER.atWarn().addKeyValue("error", e.toString()).log("Auto-recovery did not start");
        open = !awaitClose(PAUSE);
      }
    }
  }

  /** Until it has to close, which is false, or the daemon has ended. */
  private boolean runOnce() throws Exception {
    expectZooKeeper();
    var daemon = new AutoRecoveryMain(conf);
    var ended = new CountDownLatch(1);
    daemon.setExceptionHandler((_, _) -> ended.countDown());
    daemon.start();
    try {
      while (ended.getCount() > 0) {
        if (awaitClose(Duration.ofMillis(200))) {
          return false;
        }
      }
    } finally {
      daemon.shutdown();
    }
    LOGGER.atWarn().log("Auto-recovery has ended, most likely with its session; starting it anew");
    return !awaitClose(PAUSE);
  }

  /** A daemon that finds none would leave its threads behind, at each attempt. */
  private void expectZooKeeper() throws Exception {
    OneSession.connect(conf, new BoundExponentialBackoffRetryPolicy(0, 0, 0)).end();
  }

  private boolean awaitClose(Duration atMost) {
    try {
      return closing.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  @Override
  public void close() {
    closing.countDown();
    try {
      thread.join(Duration.ofSeconds(15));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
