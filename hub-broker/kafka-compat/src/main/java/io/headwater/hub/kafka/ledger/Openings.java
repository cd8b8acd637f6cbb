package io.headwater.hub.kafka.ledger;

import io.headwater.process.Threads;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Opens and closes many logs at once, those of one partition one after the other, and tries again
 * what fails for some seconds, as long as it is wanted. Thread-safe.
 */
final class Openings implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Openings.class);

  /** They wait for stores, hardly ever for a processor. */
  private static final int THREADS = 32;

  private static final long AGAIN_MS = 500;

  /** What fails for so long is given up: it may be this broker that does not reach the stores. */
  private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** A log that shall be open. */
  record Wanted(Uuid topicId, int leaderEpoch, LogConfig config) {}

  /** Opens a log, which waits. */
  interface Opener {
    /**
     * @throws KafkaStorageException it cannot be opened now; nor can it after any other failure
     */
    void open(TopicPartition partition, Wanted wanted);

    /** It has failed for some time, and is not wanted any more. */
    void giveUp(TopicPartition partition, Wanted wanted);
  }

  private final Opener opener;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(THREADS, Threads.factory("hub-takeover"));
  private final Map<TopicPartition, Wanted> wanted = new ConcurrentHashMap<>();
  private final Map<TopicPartition, String> failing = new ConcurrentHashMap<>();

  /** The last task of each partition, so that the next one follows it. */
  private final Map<TopicPartition, CompletableFuture<Void>> last = new ConcurrentHashMap<>();

  Openings(Opener opener) {
    this.opener = opener;
  }

  void want(TopicPartition partition, Wanted log) {
    if (log.equals(wanted.put(partition, log)) && failing.containsKey(partition)) {
      return; // is being tried again
    }
    long giveUpAt = System.nanoTime() + GIVE_UP_NANOS;
    inOrder(partition, () -> tryTo(partition, log, giveUpAt));
  }

  /** Nothing is opened for this partition any more; what is being done ends first. */
  void unwant(TopicPartition partition, Runnable then) {
    wanted.remove(partition);
    failing.remove(partition);
    inOrder(partition, then);
  }

  /** Whether this log is wanted, and no other one. */
  boolean wants(TopicPartition partition, Wanted log) {
    return log.equals(wanted.get(partition));
  }

  /** What cannot be opened at the moment, and why, in one line. */
  Optional<String> problem() {
    return failing.entrySet().stream()
        .findAny()
        .map(one ->
            "%d partitions cannot be taken over yet, one is %s: %s"
                .formatted(failing.size(), one.getKey(), one.getValue()));
  }

  private void tryTo(TopicPartition partition, Wanted log, long giveUpAt) {
    if (!wants(partition, log)) {
      return;
    }
    try {
      opener.open(partition, log);
      failing.remove(partition);
    } catch (RuntimeException e) {
      if (System.nanoTime() - giveUpAt > 0 && wanted.remove(partition, log)) {
        failing.remove(partition);
        opener.giveUp(partition, log);
        return;
      }
      failing.put(partition, String.valueOf(e.getMessage()));
      if (!wants(partition, log)) {
        failing.remove(partition); // after the one who unwanted it has
        return;
      }
      warn(partition, e);
      Executor later = CompletableFuture.delayedExecutor(AGAIN_MS, TimeUnit.MILLISECONDS, threads);
      try {
        later.execute(() -> inOrder(partition, () -> tryTo(partition, log, giveUpAt)));
      } catch (RejectedExecutionException _) {
        LOGGER.atDebug().log("A task came after the end");
      }
    }
  }

  private static void warn(TopicPartition partition, RuntimeException e) {
    LoggingEventBuilder warning =
        LOGGER
            .atWarn()
            .addKeyValue("topicName", partition.topic())
            .addKeyValue("partition", partition.partition());
    // What nobody has thought of says too little by its message.
    LoggingEventBuilder reasoned =
        e instanceof KafkaStorageException
            ? warning.addKeyValue("error", e.getMessage())
            : warning.setCause(e);
    reasoned.log("A partition cannot be taken over yet");
  }

  private void inOrder(TopicPartition partition, Runnable task) {
    var done = new CompletableFuture<Void>();
    CompletableFuture<Void> before = last.put(partition, done);
    (before == null ? CompletableFuture.<Void>completedFuture(null) : before)
        .whenComplete((_, _) -> {
          try {
            threads.execute(() -> run(partition, task, done));
          } catch (RejectedExecutionException _) {
            done.complete(null);
          }
        });
  }

  private void run(TopicPartition partition, Runnable task, CompletableFuture<Void> done) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOGGER
          .atError()
          .addKeyValue("topicName", partition.topic())
          .addKeyValue("partition", partition.partition())
          .setCause(e)
          .log("A change of a log has failed");
    } finally {
      last.remove(partition, done);
      done.complete(null);
    }
  }

  /** Ends what is being done; nothing else is begun. */
  @Override
  public void close() {
    wanted.clear();
    threads.close();
  }
}
