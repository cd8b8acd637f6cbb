package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one query running: its own Streams instance, made anew after whatever ended it.
 *
 * <p>Streams ends for good when a source topic is missing, and after errors that it does not know
 * how to mend. So topics are made first, with the hub's default partitions, and an ended instance
 * is replaced after a pause that grows from half a second to ten.
 *
 * <p>The runner's own thread makes and closes the instance. Streams' threads only set the volatile
 * fields and wake it.
 */
final class QueryRunner implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(QueryRunner.class);
  private static final Duration ADMIN_LIMIT = Duration.ofSeconds(10);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  /** A rebalance this long is not yet a fault. */
  private static final Duration REBALANCE_LIMIT = Duration.ofSeconds(10);

  private final Query query;
  private final Map<String, Object> adminConfig;
  private final Properties streamsConfig;
  private final QueryMetrics metrics;
  private final LocalState localState;
  private final Semaphore wake = new Semaphore(0);
  private final Thread thread;

  private volatile boolean stopping;
  private volatile boolean ended;
  private volatile KafkaStreams.State state = KafkaStreams.State.CREATED;
  private volatile boolean everRan;
  private volatile long notRunningSinceNanos = System.nanoTime();
  private volatile String lastFailure = "";

  /** Starts at once; whatever is missing yet is waited for. */
  QueryRunner(
      Query query,
      Map<String, Object> adminConfig,
      Properties streamsConfig,
      QueryMetrics metrics) {
    this.query = query;
    this.adminConfig = adminConfig;
    this.streamsConfig = streamsConfig;
    this.metrics = metrics;
    this.localState =
        new LocalState(
            Path.of(streamsConfig.getProperty(StreamsConfig.STATE_DIR_CONFIG)),
            streamsConfig.getProperty(StreamsConfig.APPLICATION_ID_CONFIG));
    this.thread = Threads.start("analytics-query-" + query.name(), this::run);
  }

  boolean isRunning() {
    return state == KafkaStreams.State.RUNNING;
  }

  /** What {@code /health} says. */
  Optional<String> problem() {
    long nanos = System.nanoTime() - notRunningSinceNanos;
    if (isRunning() || (everRan && !ended && nanos < REBALANCE_LIMIT.toNanos())) {
      return Optional.empty();
    }
    return Optional.of(
        "query "
            + query.name()
            + " has not run for "
            + TimeUnit.NANOSECONDS.toSeconds(nanos)
            + " s"
            + (lastFailure.isEmpty() ? "; it is starting" : ": " + lastFailure));
  }

  @Override
  public void close() {
    stopping = true;
    wake.release();
    try {
      thread.join(ADMIN_LIMIT.plus(CLOSE_LIMIT));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    Duration pause = FIRST_PAUSE;
    try {
      while (!stopping) {
        everRan = false;
        try {
          if (makeTopics()) {
            runStreams();
          }
        } catch (ExecutionException | TimeoutException | KafkaException | UserError e) {
          failed(e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e);
        }
        pause = everRan ? FIRST_PAUSE : min(pause.multipliedBy(2), LONGEST_PAUSE);
        if (!stopping) {
          awaitWake(pause);
          metrics.restarts().increment();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Makes the topics that are missing.
   *
   * @return true when all are there; a topic just made may not be known everywhere yet
   */
  private boolean makeTopics() throws InterruptedException, ExecutionException, TimeoutException {
    try (Admin admin = Admin.create(adminConfig)) {
      var missing = new ArrayList<NewTopic>();
      for (String topic : List.of(query.from(), query.to())) {
        if (!exists(admin, topic)) {
          missing.add(new NewTopic(topic, Optional.empty(), Optional.empty()));
        }
      }
      for (var made : admin.createTopics(missing).values().entrySet()) {
        try {
          made.getValue().get(ADMIN_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
          LOGGER.atInfo().addKeyValue("topicName", made.getKey()).log("Created topic");
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof TopicExistsException)) {
            throw e;
          }
        }
      }
      for (NewTopic topic : missing) {
        for (int attempt = 0; !exists(admin, topic.name()); attempt++) {
          if (attempt == 50 || stopping) {
            return false;
          }
          awaitWake(Duration.ofMillis(100));
        }
      }
      return true;
    }
  }

  private static boolean exists(Admin admin, String topic)
      throws InterruptedException, ExecutionException, TimeoutException {
    try {
      var _ =
          admin
              .describeTopics(List.of(topic))
              .allTopicNames()
              .get(ADMIN_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return false;
      }
      throw e;
    }
  }

  /** Returns when the instance has ended or the process is to stop. */
  private void runStreams() throws InterruptedException {
    ended = false;
    localState.open();
    var streams = new KafkaStreams(QueryTopology.of(query, metrics, streamsConfig), streamsConfig);
    try {
      streams.setStateListener((now, _) -> changed(now));
      streams.setUncaughtExceptionHandler(failure -> {
        failed(failure);
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
      });
      streams.start();
      while (!stopping && !ended) {
        awaitWake(Duration.ofMinutes(1));
      }
    } finally {
      boolean inOrder = !ended; // closing ends it, too
      if (!streams.close(CLOSE_LIMIT)) {
        LOGGER
            .atWarn()
            .addKeyValue("query", query.name())
            .log("The query did not stop in time; its last transaction will be aborted");
      } else if (inOrder) {
        localState.closed();
      }
      ended = true;
    }
  }

  private void changed(KafkaStreams.State now) {
    if (now == KafkaStreams.State.RUNNING) {
      everRan = true;
      lastFailure = "";
      LOGGER
          .atInfo()
          .addKeyValue("query", query.name())
          .addKeyValue("from", query.from())
          .addKeyValue("to", query.to())
          .log("The query runs");
    } else if (state == KafkaStreams.State.RUNNING) {
      notRunningSinceNanos = System.nanoTime();
    }
    state = now;
    if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) {
      ended = true;
      wake.release();
    }
  }

  /** One line per kind of failure: an absent hub fails the same way again and again. */
  private void failed(Throwable failure) {
    String text = rootCause(failure).toString();
    if (stopping || text.equals(lastFailure)) {
      return;
    }
    lastFailure = text;
    LOGGER
        .atWarn()
        .addKeyValue("query", query.name())
        .addKeyValue("error", text)
        .log("The query cannot run; it is tried again");
    LOGGER.atDebug().setCause(failure).log("The failure in full");
  }

  private static Throwable rootCause(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private void awaitWake(Duration limit) throws InterruptedException {
    if (wake.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      wake.drainPermits();
    }
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
