package io.headwater.analytics;

import io.headwater.analytics.aggregate.WindowState;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what {@link Recomputer} is to compute anew: readings that came when windows which
 * they belong to were kept no more, and windows that are not to be told by who keeps them.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class OverdueWriter<K, V> implements Processor<K, V, Bytes, byte[]> {
  /** What is to be written of a record. */
  private interface Noting<K, V> {
    Noted of(Record<K, V> record, long streamTimeMs);
  }

  private record Noted(Bytes key, Overdue overdue) {}

  private final Noting<K, V> noting;
  private @Nullable ProcessorContext<Bytes, byte[]> context;

  private OverdueWriter(Noting<K, V> noting) {
    this.noting = noting;
  }

  static <V> OverdueWriter<Bytes, V> ofReadings() {
    return new OverdueWriter<>((record, streamTimeMs) ->
        new Noted(
            record.key(),
            new Overdue(
                record.timestamp(), streamTimeMs, Backlogs.gateway(record.headers()).orElse(""))));
  }

  /**
   * @param kept as they are kept
   */
  static OverdueWriter<Windowed<Bytes>, WindowState> ofWindows(Window kept) {
    return new OverdueWriter<>((record, _) ->
        new Noted(
            record.key().key(),
            new Overdue(
                record.key().window().start(), kept.closesAtMs(record.key().window().end()), "")));
  }

  @Override
  public void init(ProcessorContext<Bytes, byte[]> taskContext) {
    context = taskContext;
  }

  @Override
  @SuppressWarnings("NullAway") // Streams calls init first
  public void process(Record<K, V> record) {
    Noted noted = noting.of(record, context.currentStreamTimeMs());
    // The time of now: by the reading's own the topic's retention could delete it at once.
    context.forward(
        new Record<>(
            noted.key(),
            noted.overdue().encode(),
            context.currentSystemTimeMs(),
            new RecordHeaders()));
  }
}
