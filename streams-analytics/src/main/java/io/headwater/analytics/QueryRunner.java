package io.headwater.analytics;

import io.headwater.process.Threads;
import io.headwater.process.UserError;
import io.micrometer.core.instrument.Counter;
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
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one query or topology running: its own Streams instance, made anew after whatever ended it.
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

  private final Work work;
  private final Map<String, Object> adminConfig;
  private final Properties streamsConfig;
  private final Counter restarts;
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
   * @param restarts counts starts after a failure
   * @param blocked why it may not run, if that is so; it then only says so
   */
  QueryRunner(
      Work work,
      Map<String, Object> adminConfig,
      Properties streamsConfig,
      Counter restarts,
      Optional<String> blocked) {
    this.work = work;
    this.adminConfig = adminConfig;
    this.streamsConfig = streamsConfig;
    this.restarts = restarts;
    this.localState = LocalState.of(streamsConfig);
    this.stopReason = blocked.orElse("");
    this.isBlocked = blocked.isPresent();
    this.thread = Threads.start("analytics-query-" + work.name(), this::run);
  }

  String name() {
    return work.name();
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
      return Optional.of(work.title() + " is stopped: " + stopReason);
    }
    long nanos = System.nanoTime() - notRunningSinceNanos;
    if (isRunning() || (everRan && !ended && nanos < REBALANCE_LIMIT.toNanos())) {
      return Optional.empty();
    }
    return Optional.of(
        work.title()
            + " has not run for "
            + TimeUnit.NANOSECONDS.toSeconds(nanos)
            + " s"
            + (lastFailure.isEmpty() ? "; it is starting" : ": " + lastFailure));
  }

  /** Has it end, and does not wait for that. */
  void stop() {
    stopping = true;
    wake.release();
  }

  @Override
  public void close() {
    stop();
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
          .addKeyValue("query", work.name())
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
        } catch (RuntimeException | LinkageError e) {
          poison.failed(e); // of a topology of the user's own
          failed(e);
        }
        if (poison.isTooMuch()) {
          giveUp();
          return;
        }
        pause = everRan ? FIRST_PAUSE : min(pause.multipliedBy(2), LONGEST_PAUSE);
        if (!stopping) {
          awaitWake(pause);
          restarts.increment();
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
            + "; "
            + work.remedy();
    LOGGER
        .atError()
        .addKeyValue("query", work.name())
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
      for (NewTopic topic : work.topics(streamsConfig)) {
        if (!exists(admin, topic.name())) {
          missing.add(topic);
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
    var instance = new KafkaStreams(work.topology(streamsConfig), streamsConfig);
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
            .addKeyValue("query", work.name())
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
      LOGGER.atInfo().addKeyValue("query", work.name()).log("The query runs");
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
        .addKeyValue("query", work.name())
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
