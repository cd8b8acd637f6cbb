package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.decode.Undecodable;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
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
 * <p>It hands each outcome to the child that it is for: Streams copies a record's headers at each
 * step, so steps that only look whether a record is theirs cost more than all that is done here.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class ReadingTaker<V> implements FixedKeyProcessor<Bytes, V, Outcome> {
  /** The child that dead letters go to. */
  static final String DEAD_LETTERS = "dead-letters";

  /** The child that all else goes to. */
  static final String TAKEN = "taken";

  /** Makes of a reading what the query is about. */
  interface Use {
    Outcome of(ReadingScope reading, byte @Nullable [] payload) throws Undecodable;
  }

  private final Query query;
  private final Function<V, Payload> payloads;
  private final Use use;
  private final Predicate<Outcome> wanted;
  private final QueryMetrics metrics;
  private @Nullable FixedKeyProcessorContext<Bytes, Outcome> context;
  private @Nullable ReadingDecoder decoder;

  /**
   * @param payloads what a value of the source is
   * @param wanted what is handed on, of what is no dead letter
   */
  ReadingTaker(
      Query query,
      Function<V, Payload> payloads,
      Use use,
      Predicate<Outcome> wanted,
      QueryMetrics metrics) {
    this.query = query;
    this.payloads = payloads;
    this.use = use;
    this.wanted = wanted;
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
  public void process(FixedKeyRecord<Bytes, V> record) {
    metrics.readings().increment();
    Payload payload = payloads.apply(record.value());
    try {
      String topic = context.recordMetadata().map(metadata -> metadata.topic()).orElse("");
      Optional<ReadingScope> reading =
          decoder.read(record.key(), payload, record.timestamp(), topic, record.headers());
      if (reading.isEmpty()) {
        metrics.leftOut().increment();
        return;
      }
      Outcome outcome = use.of(reading.get(), payload.own());
      if (wanted.test(outcome)) {
        context.forward(record.withValue(outcome), TAKEN);
      }
    } catch (Undecodable e) {
      metrics.undecodable(e.reason()).increment();
      context.forward(
          record.withValue(
              new Outcome.Dead(
                  payload.own(),
                  AnalyticsMetrics.label(e.reason()),
                  String.valueOf(e.getMessage()))),
          DEAD_LETTERS);
    }
  }
}
