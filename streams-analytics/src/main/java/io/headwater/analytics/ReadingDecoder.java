package io.headwater.analytics;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.AnalyticsMetrics.Undecodable;
import java.io.IOException;
import java.util.OptionalDouble;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.jspecify.annotations.Nullable;

/**
 * Takes the number out of a payload. What has none, or comes after its window's grace, is counted
 * and goes no further: nothing that a device sends can stop a query.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class ReadingDecoder implements FixedKeyProcessor<Bytes, byte[], Double> {
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(JsonNode.class);

  private final Query query;
  private final QueryMetrics metrics;
  private @Nullable FixedKeyProcessorContext<Bytes, Double> context;

  ReadingDecoder(Query query, QueryMetrics metrics) {
    this.query = query;
    this.metrics = metrics;
  }

  @Override
  public void init(FixedKeyProcessorContext<Bytes, Double> taskContext) {
    context = taskContext;
  }

  @Override
  @SuppressWarnings("NullAway") // Streams calls init first, and the key of a keyless record is null
  public void process(FixedKeyRecord<Bytes, byte[]> record) {
    metrics.readings().increment();
    if (record.key() == null) {
      metrics.undecodable(Undecodable.NO_KEY).increment();
      return;
    }
    OptionalDouble number = decode(record.value());
    if (number.isEmpty()) {
      return;
    }
    if (isLate(record.timestamp(), context.currentStreamTimeMs())) {
      metrics.late().increment();
      return;
    }
    context.forward(record.withValue(number.getAsDouble()));
  }

  private OptionalDouble decode(byte @Nullable [] payload) {
    if (payload == null || payload.length == 0) {
      metrics.undecodable(Undecodable.EMPTY).increment();
      return OptionalDouble.empty();
    }
    JsonNode json;
    try {
      json = JSON.readTree(payload);
    } catch (JacksonException _) {
      metrics.undecodable(Undecodable.NOT_JSON).increment();
      return OptionalDouble.empty();
    } catch (IOException e) {
      throw new AssertionError("reading from memory failed", e);
    }
    for (ValuePath path : query.value()) {
      OptionalDouble number = path.read(json);
      if (number.isPresent()) {
        return number;
      }
    }
    metrics.undecodable(Undecodable.NO_NUMBER).increment();
    return OptionalDouble.empty();
  }

  /** Streams would drop it too, but not say so per query. */
  private boolean isLate(long timestampMs, long streamTimeMs) {
    return switch (query.window()) {
      case Query.Tumbling(var size, var grace) -> {
        long start = timestampMs - Math.floorMod(timestampMs, size.toMillis());
        yield start + size.toMillis() + grace.toMillis() <= streamTimeMs;
      }
    };
  }
}
