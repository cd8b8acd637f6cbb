package io.headwater.analytics;

import com.fasterxml.jackson.core.JsonFactory;
import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
 * <p>Key: the readings' key. Value: JSON with {@code query}, {@code key} (as UTF-8), {@code start}
 * (inclusive) and {@code end} (exclusive) as ISO instants in UTC, then the declared aggregates. No
 * headers: those of the reading that came last say nothing about the window.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class ResultWriter implements Processor<Windowed<Bytes>, Accumulator, Bytes, byte[]> {
  private static final JsonFactory JSON = new JsonFactory();

  private final Query query;
  private final QueryMetrics metrics;
  private @Nullable ProcessorContext<Bytes, byte[]> context;

  ResultWriter(Query query, QueryMetrics metrics) {
    this.query = query;
    this.metrics = metrics;
  }

  @Override
  public void init(ProcessorContext<Bytes, byte[]> taskContext) {
    context = taskContext;
  }

  @Override
  @SuppressWarnings("NullAway") // Streams calls init first
  public void process(Record<Windowed<Bytes>, Accumulator> window) {
    context.forward(
        new Record<>(
            window.key().key(),
            encode(query, window.key(), window.value()),
            window.timestamp(),
            new RecordHeaders()));
    metrics.results().increment();
  }

  /** The value of a result record; what is served is the same. */
  static byte[] encode(Query query, Windowed<Bytes> window, Accumulator accumulator) {
    var out = new ByteArrayOutputStream(160);
    try (var json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("query", query.name());
      json.writeStringField("key", new String(window.key().get(), StandardCharsets.UTF_8));
      json.writeStringField("start", window.window().startTime().toString());
      json.writeStringField("end", window.window().endTime().toString());
      for (Aggregate aggregate : Aggregate.values()) {
        if (query.aggregates().contains(aggregate)) {
          aggregate.write(accumulator, json);
        }
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new AssertionError("writing to memory failed", e);
    }
    return out.toByteArray();
  }
}
