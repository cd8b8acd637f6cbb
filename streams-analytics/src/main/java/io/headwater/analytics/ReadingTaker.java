package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.decode.Undecodable;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * Decides what becomes of each record. One that is no reading is counted and goes to the dead
 * letters: nothing that a device sends can stop a query.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class ReadingTaker implements FixedKeyProcessor<Bytes, Payload, Outcome> {
  /** Makes of a reading what the query is about. */
  interface Use {
    Outcome of(ReadingScope reading, byte @Nullable [] payload) throws Undecodable;
  }

  private final Query query;
  private final Use use;
  private final QueryMetrics metrics;
  private @Nullable FixedKeyProcessorContext<Bytes, Outcome> context;
  private @Nullable ReadingDecoder decoder;

  ReadingTaker(Query query, Use use, QueryMetrics metrics) {
    this.query = query;
    this.use = use;
    this.metrics = metrics;
  }

  @Override
  public void init(FixedKeyProcessorContext<Bytes, Outcome> taskContext) {
    context = taskContext;
    decoder = new ReadingDecoder(query, rows(taskContext));
  }

  private Function<Bytes, byte @Nullable []> rows(FixedKeyProcessorContext<Bytes, Outcome> task) {
    if (query.readings().table().isEmpty()) {
      return _ -> null;
    }
    ReadOnlyKeyValueStore<Bytes, ValueAndTimestamp<byte[]>> table =
        task.getStateStore(QueryTopology.TABLE);
    return key -> ValueAndTimestamp.getValueOrNull(table.get(key));
  }

  @Override
  @SuppressWarnings("NullAway") // Streams calls init first
  public void process(FixedKeyRecord<Bytes, Payload> record) {
    metrics.readings().increment();
    byte[] payload = record.value().own();
    try {
      String topic = context.recordMetadata().map(metadata -> metadata.topic()).orElse("");
      Optional<ReadingScope> reading =
          decoder.read(record.key(), record.value(), record.timestamp(), topic, record.headers());
      if (reading.isEmpty()) {
        metrics.leftOut().increment();
        return;
      }
      context.forward(record.withValue(use.of(reading.get(), payload)));
    } catch (Undecodable e) {
      metrics.undecodable(e.reason()).increment();
      context.forward(
          record.withValue(
              new Outcome.Dead(
                  payload, AnalyticsMetrics.label(e.reason()), String.valueOf(e.getMessage()))));
    }
  }
}
