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
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the markers of one transaction, to each partition until it has taken its own or the tenure
 * is over: the next one begins again.
 *
 * <p>Confined to the coordinator's thread.
 */
final class MarkerRun {
  private static final Logger LOGGER = LoggerFactory.getLogger(MarkerRun.class);
  private static final long FIRST_DELAY_MS = 100;

  /** Not longer: nobody tells when a new leader has opened its log. */
  private static final long LONGEST_DELAY_MS = 1_000;

  private final String transactionalId;
  private final Markers markers;
  private final MarkerWriter.Marker marker;
  private final Set<TopicPartition> left;
  private final ScheduledExecutorService thread;
  private final BooleanSupplier lasts;
  private final Consumer<MarkerRun> done;
  private long delayMs = FIRST_DELAY_MS;
  private @Nullable ScheduledFuture<?> retry;
  private boolean finished;

  /**
   * @param thread the coordinator's
   * @param lasts whether the tenure does
   * @param done is told on that thread once no partition is left
   */
  MarkerRun(
      String transactionalId,
      Markers markers,
      MarkerWriter.Marker marker,
      Collection<TopicPartition> partitions,
      ScheduledExecutorService thread,
      BooleanSupplier lasts,
      Consumer<MarkerRun> done) {
    this.transactionalId = transactionalId;
    this.markers = markers;
    this.marker = marker;
    this.left = new HashSet<>(partitions);
    this.thread = thread;
    this.lasts = lasts;
    this.done = done;
  }

  void start() {
    retry = null;
    if (!lasts.getAsBoolean()) {
      return;
    }
    Map<TopicPartition, CompletableFuture<Void>> writes = new HashMap<>();
    left.forEach(partition -> writes.put(partition, markers.write(marker, partition)));
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
    if (!lasts.getAsBoolean()) {
      return;
    }
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
      finished = true;
      done.accept(this);
      return;
    }
    retryLater();
  }

  private void retryLater() {
    retry = thread.schedule(this::start, delayMs, TimeUnit.MILLISECONDS);
    delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS);
  }

  /** Waits no longer than at first: who refused may have got a successor. */
  void hurry() {
    if (retry != null && retry.cancel(false)) {
      delayMs = FIRST_DELAY_MS;
      retryLater();
    }
  }

  /** Whether nothing more will come of it. */
  boolean isOver() {
    return finished || !lasts.getAsBoolean();
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
