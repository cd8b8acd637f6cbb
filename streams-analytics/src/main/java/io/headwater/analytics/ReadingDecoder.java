package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import io.headwater.analytics.decode.PayloadFormat;
import io.headwater.analytics.decode.Undecodable;
import io.headwater.analytics.decode.Undecodable.Reason;
import io.headwater.analytics.expression.Expression;
import io.headwater.analytics.expression.Expression.NoValue;
import io.headwater.analytics.expression.JsonValues;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Takes a reading out of a record: decodes the payload, finds the value, looks up the table's row,
 * computes the fields, asks {@code where}.
 *
 * <p>Confined to the Streams thread of its task.
 */
final class ReadingDecoder {
  private static final PayloadFormat.Decoder JSON = new PayloadFormat.Json().decoder();

  private final Readings readings;
  private final Optional<Source.Join> join;
  private final PayloadFormat.Decoder decoder;
  private final Function<Bytes, byte @Nullable []> rows;

  /**
   * @param rows the rows of the query's table by key
   */
  ReadingDecoder(Query query, Function<Bytes, byte @Nullable []> rows) {
    this.readings = query.readings();
    this.join = query.source().join();
    this.decoder = readings.format().decoder();
    this.rows = rows;
  }

  /**
   * Reads one record.
   *
   * @return empty if the query leaves the reading out
   * @throws Undecodable if there is no reading in the record
   */
  Optional<ReadingScope> read(
      @Nullable Bytes key, Payload payload, long timeMs, String topic, Headers headers)
      throws Undecodable {
    if (key == null) {
      throw new Undecodable(Reason.NO_KEY, "the record has no key");
    }
    JsonNode own = decode(decoder, payload.own());
    OptionalDouble value = value(own);
    if (value.isEmpty() && readings.needsValue()) {
      throw new Undecodable(
          Reason.NO_NUMBER,
          "there is no finite number at "
              + String.join(", ", readings.value().stream().map(ValuePath::text).toList()));
    }
    var reading = new ReadingScope(key, own, value, timeMs, topic, headers);
    if (join.isPresent()) {
      reading.put(join.get().name(), JsonValues.of(decode(JSON, payload.other())));
    }
    if (readings.table().isPresent() && !lookUp(readings.table().get(), reading)) {
      return Optional.empty();
    }
    for (Field field : readings.fields()) {
      compute(field, own, reading);
    }
    return isWanted(reading) ? Optional.of(reading) : Optional.empty();
  }

  private static JsonNode decode(PayloadFormat.Decoder decoder, byte @Nullable [] payload)
      throws Undecodable {
    if (payload == null || payload.length == 0) {
      throw new Undecodable(Reason.EMPTY, "the record has no payload");
    }
    return decoder.decode(payload);
  }

  private OptionalDouble value(JsonNode payload) {
    for (ValuePath path : readings.value()) {
      OptionalDouble number = path.read(payload);
      if (number.isPresent()) {
        return number;
      }
    }
    return OptionalDouble.empty();
  }

  /** Whether the reading goes on. */
  private boolean lookUp(Readings.Table table, ReadingScope reading) throws Undecodable {
    Bytes key = table.on().isPresent() ? Keys.of(table.on().get(), reading, "'on'") : reading.key();
    byte[] row = rows.apply(key);
    if (row == null) {
      return !table.required();
    }
    reading.put(table.name(), JsonValues.of(decode(JSON, row)));
    return true;
  }

  private static void compute(Field field, JsonNode payload, ReadingScope reading) {
    switch (field) {
      case Field.AtPath(var name, var path, var type) -> {
        JsonNode node = path.find(payload);
        boolean fits =
            switch (type) {
              case NUMBER -> node.isNumber() && Double.isFinite(node.doubleValue());
              case TEXT -> node.isTextual();
              case CONDITION -> node.isBoolean();
              case WHOLE, TIME, TEXTS, ANY -> false;
            };
        if (fits) {
          reading.put(name, JsonValues.of(node));
        }
      }
      case Field.Computed(var name, var expression) -> {
        try {
          Object result = expression.value(reading);
          if (!(result instanceof Double number) || Double.isFinite(number)) {
            reading.put(name, result);
          }
        } catch (NoValue _) {
          // The field is absent, as one at a path may be; who needs it says so.
        }
      }
    }
  }

  private boolean isWanted(ReadingScope reading) throws Undecodable {
    if (readings.where().isEmpty()) {
      return true;
    }
    Expression where = readings.where().get();
    try {
      return where.test(reading);
    } catch (NoValue e) {
      throw new Undecodable(Reason.NO_FIELD, "where: " + e.getMessage());
    }
  }
}
