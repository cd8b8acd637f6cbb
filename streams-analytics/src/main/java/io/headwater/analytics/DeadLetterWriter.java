package io.headwater.analytics;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes records that are no readings, as they came, with headers that say why.
 *
 * <p>Headers: those of the record, and {@code analytics.query}, {@code analytics.reason} (as it is
 * counted), {@code analytics.cause} (a sentence) and {@code analytics.source} (topic, partition and
 * offset, with colons between).
 *
 * <p>Confined to the Streams thread of its task.
 */
final class DeadLetterWriter implements FixedKeyProcessor<Bytes, Outcome, byte[]> {
  private final String query;
  private @Nullable FixedKeyProcessorContext<Bytes, byte[]> context;

  DeadLetterWriter(String query) {
    this.query = query;
  }

  @Override
  public void init(FixedKeyProcessorContext<Bytes, byte[]> taskContext) {
    context = taskContext;
  }

  @Override
  @SuppressWarnings("NullAway") // Streams calls init first, and a payload may be null
  public void process(FixedKeyRecord<Bytes, Outcome> record) {
    var dead = (Outcome.Dead) record.value();
    Headers headers = record.headers();
    put(headers, "analytics.query", query);
    put(headers, "analytics.reason", dead.reason());
    put(headers, "analytics.cause", dead.cause());
    context
        .recordMetadata()
        .ifPresent(source ->
            put(
                headers,
                "analytics.source",
                source.topic() + ":" + source.partition() + ":" + source.offset()));
    context.forward(record.withValue(dead.payload()));
  }

  private static void put(Headers headers, String name, String value) {
    headers.remove(name).add(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
