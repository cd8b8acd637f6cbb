package io.headwater.analytics;

import io.headwater.process.Threads;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the hub every second whether it is there. Streams itself stays "running" while the hub is
 * away.
 *
 * <p>Its own thread asks; health reads the two volatile fields.
 */
final class HubWatch implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(HubWatch.class);
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);
  private static final Duration RED_AFTER = Duration.ofSeconds(10);

  private final String hub;
  private final Map<String, Object> adminConfig;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private volatile long lastAnswerNanos = System.nanoTime();
  private volatile boolean everAnswered;

  // Of the watch's own thread: each change is logged once.
  private boolean answering;
  private boolean warned;

  /**
   * Starts to ask.
   *
   * @param hub its address, for messages
   */
  HubWatch(String hub, Map<String, Object> adminConfig) {
    this.hub = hub;
    this.adminConfig = adminConfig;
    this.thread = Threads.start("analytics-hub-watch-0", this::run);
  }

  /** What {@code /health} says; red at once until the first answer, later after 10 s of silence. */
  Optional<String> problem() {
    long silentSeconds = (System.nanoTime() - lastAnswerNanos) / 1_000_000_000L;
    if (everAnswered && silentSeconds < RED_AFTER.toSeconds()) {
      return Optional.empty();
    }
    return Optional.of("hub " + hub + " has not answered for " + silentSeconds + " s");
  }

  @Override
  public void close() {
    stop.countDown();
    thread.interrupt();
    try {
      thread.join(ANSWER_LIMIT);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (stop.getCount() > 0) {
        // A host name that cannot be resolved already fails the client's construction.
        try (Admin admin = Admin.create(adminConfig)) {
          ask(admin);
        } catch (KafkaException e) {
          silent(e);
          var _ = stop.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void ask(Admin admin) throws InterruptedException {
    do {
      try {
        admin.describeCluster().clusterId().get(ANSWER_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        answered();
      } catch (ExecutionException | TimeoutException e) {
        silent(e);
      }
    } while (!stop.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS));
  }

  private void answered() {
    lastAnswerNanos = System.nanoTime();
    everAnswered = true;
    if (!answering) {
      answering = true;
      LOGGER.atInfo().addKeyValue("hub", hub).log("The hub answers");
    }
  }

  private void silent(Exception reason) {
    if (answering || !warned) {
      answering = false;
      warned = true;
      LOGGER
          .atWarn()
          .addKeyValue("hub", hub)
          .addKeyValue("error", reason.toString())
          .log("The hub does not answer; it is asked again every second");
    }
  }
}
