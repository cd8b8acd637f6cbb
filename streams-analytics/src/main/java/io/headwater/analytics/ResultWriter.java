package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.aggregate.WindowState;
import io.headwater.analytics.decode.Undecodable;
import java.nio.ByteBuffer;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Turns a changed window into a result record.
 *
 * <p>Key: the readings' key, or what the query says. Value: see {@link ResultEncoder}. Headers:
 * none of those of the readings, for the reading that came last says nothing about the window;
 * {@link #STATE} if another query merges the results.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class ResultWriter implements Processor<Windowed<Bytes>, WindowState, Bytes, byte[]> {
  /** Header with the window itself, see {@link MergedUse#header}. */
  static final String STATE = "analytics.window";

  private final Query query;
  private final ResultEncoder results;

  /** Otherwise headers are those of a reading. */
  private final boolean isAmending;

  private final QueryMetrics metrics;
  private @Nullable ProcessorContext<Bytes, byte[]> context;

  ResultWriter(Query query, Windows windows, QueryMetrics metrics) {
    this.query = query;
    this.results = new ResultEncoder(query, windows);
    this.isAmending = windows.amending().isPresent();
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<Bytes, byte[]> taskContext) {
    context = taskContext;
  }

  @Override
  public void process(Record<Windowed<Bytes>, WindowState> record) {
    @Nullable WindowState window = record.value();
    if (window == null) {
      ResultScope gone = results.gone(record.key());
      write(record, gone, results.retraction(gone), null);
      return;
    }
    ResultScope told = results.told(record.key(), window);
    if (results.isWanted(told)) {
      write(
          record,
          told,
          results.encode(told, revision(record)),
          query.output().carriesState() ? window : null);
    }
  }

  private int revision(Record<?, ?> record) {
    Header revision = isAmending ? record.headers().lastHeader(WindowCloser.REVISION) : null;
    return revision == null ? 0 : ByteBuffer.wrap(revision.value()).getInt();
  }

  @SuppressWarnings("NullAway") // Streams calls init first, and a value may be null
  private void write(
      Record<Windowed<Bytes>, WindowState> record,
      ResultScope result,
      byte @Nullable [] value,
      @Nullable WindowState state) {
    var headers = new RecordHeaders();
    if (state != null) {
      headers.add(STATE, MergedUse.header(record.key().window().start(), state));
    }
    context.forward(
        new Record<>(key(record.key().key(), result), value, record.timestamp(), headers));
    metrics.results().increment();
  }

  private Bytes key(Bytes own, ResultScope result) {
    if (query.output().key().isEmpty()) {
      return own;
    }
    try {
      return Keys.of(query.output().key().get(), result, "key");
    } catch (Undecodable _) {
      return own;
    }
  }
}
