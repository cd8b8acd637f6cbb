package io.headwater.analytics;

import com.fasterxml.jackson.core.JsonFactory;
import io.headwater.analytics.aggregate.Reading;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes readings that no window takes any more: key as they are aggregated by; value an object
 * with {@code query}, {@code key}, {@code time} (an ISO instant in UTC) and the fields that would
 * have been aggregated; headers as they came.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class LateWriter implements FixedKeyProcessor<Bytes, Reading, byte[]> {
  private static final JsonFactory JSON = new JsonFactory();

  private final String query;
  private final List<String> fields;
  private @Nullable FixedKeyProcessorContext<Bytes, byte[]> context;

  LateWriter(String query, List<String> fields) {
    this.query = query;
    this.fields = List.copyOf(fields);
  }

  @Override
  public void init(FixedKeyProcessorContext<Bytes, byte[]> taskContext) {
    context = taskContext;
  }

  @Override
  @SuppressWarnings("NullAway") // Streams calls init first
  public void process(FixedKeyRecord<Bytes, Reading> record) {
    context.forward(record.withValue(encode(record.key(), record.value())));
  }

  private byte[] encode(Bytes key, Reading reading) {
    var out = new ByteArrayOutputStream(120);
    try (var json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("query", query);
      json.writeStringField("key", new String(key.get(), StandardCharsets.UTF_8));
      json.writeStringField("time", Instant.ofEpochMilli(reading.timeMs()).toString());
      for (int i = 0; i < fields.size(); i++) {
        if (Double.isFinite(reading.value(i))) {
          json.writeNumberField(fields.get(i), reading.value(i));
        }
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new AssertionError("writing to memory failed", e);
    }
    return out.toByteArray();
  }
}
