package io.headwater.hub.status;

import io.headwater.process.Threads;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the cluster again and again, on the thread {@code hub-cluster-watch-0}, so that a node's
 * pages and metrics tell of it without waiting.
 */
public final class ClusterWatch implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(ClusterWatch.class);
  private static final Duration END = Duration.ofSeconds(5);

  private final ClusterReader reader;
  private final InstantSource clock;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("hub-cluster-watch"));
  private volatile @Nullable ClusterStatus latest;

  /**
   * Begins at once.
   *
   * @param reader closed with this
   * @param interval between two looks
   */
  public ClusterWatch(
      ClusterReader reader, Duration interval, MeterRegistry registry, InstantSource clock) {
    this.reader = reader;
    this.clock = clock;
    var _ = new ClusterWatchMetrics(registry, this, interval);
    var _ =
        thread.scheduleWithFixedDelay(this::look, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      latest = reader.read();
    } catch (RuntimeException e) {
      if (!thread.isShutdown()) {
        LOGGER.atWarn().setCause(e).log("The cluster could not be looked at");
      }
    }
  }

  /** What was seen last; null before the first look has ended. */
  @Nullable ClusterStatus latest() {
    return latest;
  }

  /** How long ago that was; zero before the first look has ended. */
  Duration age() {
    ClusterStatus seen = latest;
    return seen == null ? Duration.ZERO : Duration.between(seen.at(), clock.instant());
  }

  /** The page for people. */
  public String text() {
    ClusterStatus seen = latest;
    return seen == null
        ? "not looked at yet\n"
        : StatusText.of(seen) + "looked at " + age().toSeconds() + " s ago\n";
  }

  /** The page for programs. */
  public String json() {
    ClusterStatus seen = latest;
    return seen == null ? "{}\n" : StatusJson.of(seen) + "\n";
  }

  /** May be called twice. */
  @Override
  public void close() {
    thread.shutdownNow();
    try {
      if (!thread.awaitTermination(END.toSeconds(), TimeUnit.SECONDS)) {
        LOGGER.atWarn().log("A look at the cluster does not end");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    reader.close();
  }
}
