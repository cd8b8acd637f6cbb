package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
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
final class LateGate<V> implements FixedKeyProcessor<Bytes, V, V> {
  /** The child that what windows take goes to. */
  static final String IN_TIME = "in-time";

  /** The child that what no window takes goes to, if there is one. */
  static final String LATE = "late";

  /** The child that what is overdue goes to, if there is one. */
  static final String OVERDUE = "overdue";

  private final Windows windows;
  private final boolean tellsLate;
  private final boolean tellsOverdue;
  private final QueryMetrics metrics;
  private @Nullable FixedKeyProcessorContext<Bytes, V> context;
  private @Nullable ClosingStore closing;

  /**
   * @param tellsLate there is a child {@link #LATE}
   * @param tellsOverdue there is a child {@link #OVERDUE}
   */
  LateGate(Windows windows, boolean tellsLate, boolean tellsOverdue, QueryMetrics metrics) {
    this.windows = windows;
    this.tellsLate = tellsLate;
    this.tellsOverdue = tellsOverdue;
    this.metrics = metrics;
  }

  @Override
  public void init(FixedKeyProcessorContext<Bytes, V> taskContext) {
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
    if (isOverdue && tellsOverdue) {
      context.forward(record, OVERDUE);
    }
    if (!isLate || mayJoin) {
      context.forward(record, IN_TIME);
    } else if (tellsLate) {
      context.forward(record, LATE);
    }
  }
}
