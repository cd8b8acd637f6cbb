package io.headwater.hub.kafka.metrics;

import io.headwater.process.Threads;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread {@code hub-metrics-0}: brings up to date what is not read at a scrape. */
public final class MetricsThread implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(MetricsThread.class);
  private static final int LONGEST_STEP_SECONDS = 6;

  private final List<Runnable> steps;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("hub-metrics"));
  private final AtomicBoolean soon = new AtomicBoolean();

  /** Takes the steps at once, and again whenever the interval is over. */
  public MetricsThread(Duration interval, List<Runnable> steps) {
    this.steps = List.copyOf(steps);
    var _ = thread.scheduleWithFixedDelay(this::run, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Takes the steps soon, once for all who ask meanwhile. */
  public void soon() {
    if (soon.compareAndSet(false, true)) {
      try {
        thread.execute(this::run);
      } catch (RejectedExecutionException _) {
        // the hub is stopping
      }
    }
  }

  private void run() {
    soon.set(false);
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (RuntimeException e) {
        // The others, and the next look, must come in any case.
        LOGGER.atWarn().setCause(e).log("Some metrics could not be brought up to date");
      }
    }
  }

  @Override
  public void close() {
    thread.shutdown();
    try {
      // What a step asks is closed next, and must not be asked then.
      if (!thread.awaitTermination(LONGEST_STEP_SECONDS, TimeUnit.SECONDS)) {
        thread.shutdownNow();
        LOGGER.atWarn().log("The metrics' thread did not end in time");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
