package io.headwater.hub.kafka.txn;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the markers of one transaction, to each partition until it has taken its own.
 *
 * <p>Confined to the coordinator's thread.
 */
final class MarkerRun {
  private static final Logger LOGGER = LoggerFactory.getLogger(MarkerRun.class);
  private static final long FIRST_DELAY_MS = 100;
  private static final long LONGEST_DELAY_MS = 10_000;

  private final String transactionalId;
  private final MarkerWriter writer;
  private final MarkerWriter.Marker marker;
  private final Set<TopicPartition> left;
  private final ScheduledExecutorService thread;
  private final Runnable done;
  private long delayMs = FIRST_DELAY_MS;

  /**
   * @param thread the coordinator's
   * @param done run on that thread once no partition is left
   */
  MarkerRun(
      String transactionalId,
      MarkerWriter writer,
      MarkerWriter.Marker marker,
      Collection<TopicPartition> partitions,
      ScheduledExecutorService thread,
      Runnable done) {
    this.transactionalId = transactionalId;
    this.writer = writer;
    this.marker = marker;
    this.left = new HashSet<>(partitions);
    this.thread = thread;
    this.done = done;
  }

  void start() {
    Map<TopicPartition, CompletableFuture<Void>> writes = new HashMap<>();
    left.forEach(partition -> writes.put(partition, writer.write(marker, partition)));
    CompletableFuture.allOf(writes.values().toArray(new CompletableFuture<?>[0]))
        .whenComplete((_, _) -> onThread(() -> judge(writes)));
  }

  private void onThread(Runnable step) {
    try {
      thread.execute(step);
    } catch (RejectedExecutionException _) {
      // The hub stops; the next start goes on from what is on disk.
    }
  }

  private void judge(Map<TopicPartition, CompletableFuture<Void>> writes) {
    writes.forEach((partition, write) -> {
      if (!write.isCompletedExceptionally() || needsNone(partition, write.exceptionNow())) {
        left.remove(partition);
      } else {
        LOGGER
            .atWarn()
            .addKeyValue("transactionalId", transactionalId)
            .addKeyValue("topicName", partition.topic())
            .addKeyValue("partition", partition.partition())
            .addKeyValue("error", write.exceptionNow())
            .addKeyValue("retryMs", delayMs)
            .log("A marker could not be written; trying again");
      }
    });
    if (left.isEmpty()) {
      done.run();
      return;
    }
    var _ = thread.schedule(this::start, delayMs, TimeUnit.MILLISECONDS);
    delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS);
  }

  private boolean needsNone(TopicPartition partition, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (Errors.forException(cause)) {
      case UNKNOWN_TOPIC_OR_PARTITION -> true; // deleted, and its records with it
      case INVALID_PRODUCER_EPOCH, PRODUCER_FENCED -> {
        // An administrator has ended it there by hand, and a newer epoch goes on.
        LOGGER
            .atWarn()
            .addKeyValue("transactionalId", transactionalId)
            .addKeyValue("topicName", partition.topic())
            .addKeyValue("partition", partition.partition())
            .log("A newer epoch has written before the marker; leaving it out");
        yield true;
      }
      default -> false;
    };
  }
}
