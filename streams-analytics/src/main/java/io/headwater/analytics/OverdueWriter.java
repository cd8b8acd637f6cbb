package io.headwater.analytics;

import io.headwater.analytics.LateGate.Gated;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Writes down which readings came when windows that they belong to were kept no more, for {@link
 * Recomputer}.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class OverdueWriter<V> implements Processor<Bytes, Gated<V>, Bytes, byte[]> {
  private @Nullable ProcessorContext<Bytes, byte[]> context;

  @Override
  public void init(ProcessorContext<Bytes, byte[]> taskContext) {
    context = taskContext;
  }

  @Override
  @SuppressWarnings("NullAway") // Streams calls init first
  public void process(Record<Bytes, Gated<V>> record) {
    if (record.value().isOverdue()) {
      var overdue =
          new Overdue(
              record.timestamp(),
              record.value().overdueMs(),
              Backlogs.gateway(record.headers()).orElse(""));
      // The time of now: by the reading's own the topic's retention could delete it at once.
      context.forward(
          new Record<>(
              record.key(), overdue.encode(), context.currentSystemTimeMs(), new RecordHeaders()));
    }
  }
}
