package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.jspecify.annotations.Nullable;

/**
 * Counts and drops readings whose windows are all closed. Streams would drop most of them, too, but
 * not say so per query, and it knows nothing of windows that the clock has closed.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class LateGate<V> implements FixedKeyProcessor<Bytes, V, V> {
  private final Windows windows;
  private final QueryMetrics metrics;
  private @Nullable FixedKeyProcessorContext<Bytes, V> context;
  private @Nullable ClosingStore closing;

  LateGate(Windows windows, QueryMetrics metrics) {
    this.windows = windows;
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
    long reachedMs = context.currentStreamTimeMs();
    if (closing != null) {
      reachedMs = Math.max(reachedMs, closing.reachedMs());
    }
    if (windows.window().isLate(record.timestamp(), reachedMs)) {
      metrics.late().increment();
    } else {
      context.forward(record);
    }
  }
}
