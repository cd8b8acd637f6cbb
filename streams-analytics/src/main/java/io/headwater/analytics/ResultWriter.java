package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.ResultRecords.ResultRecord;
import io.headwater.analytics.aggregate.WindowState;
import java.nio.ByteBuffer;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Turns a changed window into a result record, see {@link ResultRecords}.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class ResultWriter implements Processor<Windowed<Bytes>, WindowState, Bytes, byte[]> {
  private final Query query;
  private final Windows windows;

  /** Otherwise headers are those of a reading. */
  private final boolean isAmending;

  private final QueryMetrics metrics;
  private @Nullable ProcessorContext<Bytes, byte[]> context;
  private @Nullable ResultRecords results;

  ResultWriter(Query query, Windows windows, QueryMetrics metrics) {
    this.query = query;
    this.windows = windows;
    this.isAmending = windows.amending().isPresent();
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<Bytes, byte[]> taskContext) {
    context = taskContext;
    results =
        new ResultRecords(
            query,
            windows,
            query.looksAtGaps()
                ? Gaps.in(taskContext.getStateStore(QueryTopology.GAPS))
                : Gaps.NONE);
  }

  @Override
  @SuppressWarnings("NullAway") // Streams calls init first
  public void process(Record<Windowed<Bytes>, WindowState> record) {
    @Nullable WindowState window = record.value();
    if (window == null) {
      write(record, results.gone(record.key()));
    } else {
      results
          .told(record.key(), window, revision(record))
          .ifPresent(result -> write(record, result));
    }
  }

  private int revision(Record<?, ?> record) {
    Header revision = isAmending ? record.headers().lastHeader(WindowCloser.REVISION) : null;
    return revision == null ? 0 : ByteBuffer.wrap(revision.value()).getInt();
  }

  @SuppressWarnings("NullAway") // Streams calls init first, and a value may be null
  private void write(Record<?, ?> record, ResultRecord result) {
    context.forward(
        new Record<>(result.key(), result.value(), record.timestamp(), result.headers()));
    metrics.results().increment();
  }
}
