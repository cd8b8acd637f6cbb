package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.LateGate.Gated;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.jspecify.annotations.Nullable;

/**
 * Counts readings whose windows have been told or are kept no more, and tells them from those that
 * windows still take. Streams would drop most of them, too, but not say so per query, and it knows
 * nothing of windows that the clock has closed.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class LateGate<V> implements FixedKeyProcessor<Bytes, V, Gated<V>> {
  /**
   * What has come.
   *
   * @param isLate no window takes it
   * @param overdueMs stream time, if windows that it belongs to are kept no more; otherwise -1
   */
  record Gated<V>(V value, boolean isLate, long overdueMs) {
    boolean isOverdue() {
      return overdueMs >= 0;
    }
  }

  private final Windows windows;
  private final QueryMetrics metrics;
  private @Nullable FixedKeyProcessorContext<Bytes, Gated<V>> context;
  private @Nullable ClosingStore closing;

  LateGate(Windows windows, QueryMetrics metrics) {
    this.windows = windows;
    this.metrics = metrics;
  }

  @Override
  public void init(FixedKeyProcessorContext<Bytes, Gated<V>> taskContext) {
    context = taskContext;
    closing =
        windows.emit() instanceof Windows.Emit.Final
            ? new ClosingStore(taskContext.getStateStore(QueryTopology.CLOSING))
            : null;
  }

  @Override
  @SuppressWarnings("NullAway") // Streams calls init first
  public void process(FixedKeyRecord<Bytes, V> record) {
    long streamTimeMs = context.currentStreamTimeMs();
    long reachedMs = closing == null ? streamTimeMs : Math.max(streamTimeMs, closing.reachedMs());
    boolean isAfterAll = windows.window().isLate(record.timestamp(), reachedMs);
    boolean isLate =
        isAfterAll
            && (windows.amending().isEmpty()
                || windows.kept().isLate(record.timestamp(), streamTimeMs));
    boolean isOverdue =
        windows.late() instanceof Late.Recompute
            && windows.kept().isLateForSome(record.timestamp(), streamTimeMs);
    if (isOverdue) {
      metrics.overdue().increment();
    } else if (isLate) {
      metrics.late().increment();
    } else if (isAfterAll) {
      metrics.amending().increment();
    }
    // A session lives as long as its last reading: whether one takes this, only Streams can tell.
    boolean mayJoin = isOverdue && windows.window() instanceof Window.Session;
    if (mayJoin && closing != null) {
      closing.noteOverdue(record.key(), record.timestamp());
    }
    boolean isForNone = isLate && !mayJoin;
    if (!isForNone || isOverdue || windows.lateTopic().isPresent()) {
      context.forward(
          record.withValue(new Gated<>(record.value(), isForNone, isOverdue ? streamTimeMs : -1)));
    }
  }
}
