package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
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
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one query running: its own Streams instance, made anew after whatever ended it.
 *
 * <p>Streams ends for good when a source topic is missing, and after errors that it does not know
 * how to mend. So topics are made first, with the hub's default partitions, and an ended instance
 * is replaced after a pause that grows from half a second to ten. What fails the same way over and
 * over because of what it reads, not because of the hub, is given up: see {@link PoisonCount}.
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
  private final boolean isBlocked;
  private final Semaphore wake = new Semaphore(0);
  private final Thread thread;

  private volatile boolean stopping;

  /** Why it does not run and is not tried again; empty if it is. */
  private volatile String stopReason;

  private volatile boolean ended;
  private volatile KafkaStreams.State state = KafkaStreams.State.CREATED;
  private volatile boolean everRan;
  private volatile long notRunningSinceNanos = System.nanoTime();
  private volatile String lastFailure = "";
  private volatile @Nullable KafkaStreams streams;
  private final PoisonCount poison = new PoisonCount();
  private final RestoreProgress restore = new RestoreProgress();

  /**
   * Starts at once; whatever is missing yet is waited for.
   *
   * @param blocked why it may not run, if that is so; it then only says so
   */
  QueryRunner(
      Query query,
      Map<String, Object> adminConfig,
      Properties streamsConfig,
      QueryMetrics metrics,
      Optional<String> blocked) {
    this.query = query;
    this.adminConfig = adminConfig;
    this.streamsConfig = streamsConfig;
    this.metrics = metrics;
    this.localState = LocalState.of(streamsConfig);
    this.stopReason = blocked.orElse("");
    this.isBlocked = blocked.isPresent();
    this.thread = Threads.start("analytics-query-" + query.name(), this::run);
  }

  boolean isRunning() {
    return state == KafkaStreams.State.RUNNING;
  }

  /** The instance of now, if there is one; it may be closed by the time that it is asked. */
  Optional<KafkaStreams> streams() {
    return Optional.ofNullable(streams);
  }

  RestoreProgress restore() {
    return restore;
  }

  /** Whether it never ran, because it was told that it may not. */
  boolean isBlocked() {
    return isBlocked;
  }

  /** Whether it ran, failed again and again, and is not tried any more. */
  boolean hasGivenUp() {
    return !isBlocked && !stopReason.isEmpty();
  }

  /** Where it is, in one word: starting, restoring, rebalancing, running, retrying, stopped. */
  String phase() {
    if (!stopReason.isEmpty()) {
      return "stopped";
    }
    return switch (state) {
      case RUNNING -> "running";
      case CREATED, REBALANCING ->
          !lastFailure.isEmpty()
              ? "retrying"
              : restore.isUnderWay() ? "restoring" : everRan ? "rebalancing" : "starting";
      case PENDING_SHUTDOWN, NOT_RUNNING, PENDING_ERROR, ERROR -> "retrying";
    };
  }

  /** What {@code /health} says. */
  Optional<String> problem() {
    if (!stopReason.isEmpty()) {
      return Optional.of("query " + query.name() + " is stopped: " + stopReason);
    }
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
    if (isBlocked) {
      LOGGER
          .atWarn()
          .addKeyValue("query", query.name())
          .addKeyValue("reason", stopReason)
          .log("The query is not started");
      return;
    }
    Duration pause = FIRST_PAUSE;
    try {
      while (!stopping && stopReason.isEmpty()) {
        everRan = false;
        try {
          if (makeTopics()) {
            runStreams();
          }
        } catch (ExecutionException | TimeoutException | KafkaException | UserError e) {
          failed(e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e);
        }
        if (poison.isTooMuch()) {
          giveUp();
          return;
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

  private void giveUp() {
    stopReason =
        "it failed "
            + PoisonCount.LIMIT
            + " times in a row with "
            + lastFailure
            + "; 'headwater analytics reset "
            + query.name()
            + "' computes it anew, 'headwater analytics apply' tries it once more";
    LOGGER
        .atError()
        .addKeyValue("query", query.name())
        .addKeyValue("error", lastFailure)
        .log("The query is stopped; the others go on");
  }

  /**
   * Makes the topics that are missing.
   *
   * @return true when all are there; a topic just made may not be known everywhere yet
   */
  private boolean makeTopics() throws InterruptedException, ExecutionException, TimeoutException {
    try (Admin admin = Admin.create(adminConfig)) {
      var missing = new ArrayList<NewTopic>();
      for (String topic : query.requiredTopics()) {
        if (!exists(admin, topic)) {
          missing.add(made(topic));
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

  private NewTopic made(String topic) {
    Output output = query.output();
    boolean own = output.topics().contains(topic);
    var made = new NewTopic(topic, own ? output.partitions() : Optional.empty(), Optional.empty());
    return own && output.retention().isPresent()
        ? made.configs(
            Map.of(
                TopicConfig.RETENTION_MS_CONFIG,
                Long.toString(output.retention().get().toMillis())))
        : made;
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
    var instance = new KafkaStreams(QueryTopology.of(query, metrics, streamsConfig), streamsConfig);
    try {
      instance.setGlobalStateRestoreListener(restore);
      instance.setStateListener((now, _) -> changed(now));
      instance.setUncaughtExceptionHandler(failure -> {
        poison.failed(failure);
        failed(failure);
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
      });
      instance.start();
      streams = instance;
      while (!stopping && !ended) {
        awaitWake(Duration.ofMinutes(1));
      }
    } finally {
      streams = null;
      boolean inOrder = !ended; // closing ends it, too
      if (!instance.close(CLOSE_LIMIT)) {
        LOGGER
            .atWarn()
            .addKeyValue("query", query.name())
            .log("The query did not stop in time; its last transaction will be aborted");
      } else if (inOrder) {
        localState.closed();
      }
      ended = true;
      restore.clear();
    }
  }

  private void changed(KafkaStreams.State now) {
    if (now == KafkaStreams.State.RUNNING) {
      everRan = true;
      if (!poison.isSuspected()) {
        lastFailure = "";
      }
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
