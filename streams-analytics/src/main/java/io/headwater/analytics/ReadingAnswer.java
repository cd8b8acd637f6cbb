package io.headwater.analytics;

import com.fasterxml.jackson.core.JsonFactory;
import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.decode.Undecodable;
import io.headwater.analytics.decode.Undecodable.Reason;
import io.headwater.analytics.expression.Expression.NoValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Answers each reading by itself: which topic it goes to, and what is written there.
 *
 * <p>As JSON: {@code query}, {@code key}, {@code time}, {@code value} if there is one, and the
 * fields that the reading has.
 */
final class ReadingAnswer implements ReadingTaker.Use {
  private static final JsonFactory JSON = new JsonFactory();

  private final Query query;
  private final QueryMetrics metrics;

  ReadingAnswer(Query query, QueryMetrics metrics) {
    this.query = query;
    this.metrics = metrics;
  }

  @Override
  public Outcome of(ReadingScope reading, byte @Nullable [] payload) throws Undecodable {
    Output output = query.output();
    Bytes key =
        output.key().isPresent() ? Keys.of(output.key().get(), reading, "key") : reading.key();
    byte[] value =
        switch (output.format()) {
          case JSON -> json(reading);
          case CSV -> csv(reading);
          case NUMBER -> number(reading);
          case PAYLOAD -> Objects.requireNonNull(payload);
        };
    var answer = new Outcome.Answered(key, topic(reading), value);
    metrics.results().increment();
    return answer;
  }

  private String topic(ReadingScope reading) throws Undecodable {
    for (Output.Route route : query.output().routes()) {
      try {
        if (route.when().test(reading)) {
          return route.topic();
        }
      } catch (NoValue e) {
        throw new Undecodable(Reason.NO_FIELD, "when: " + e.getMessage());
      }
    }
    return query.output().topic();
  }

  private byte[] json(ReadingScope reading) {
    var out = new ByteArrayOutputStream(160);
    try (var json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("query", query.name());
      json.writeObjectField("key", reading.find("key"));
      json.writeStringField("time", Instant.ofEpochMilli(reading.timeMs()).toString());
      if (reading.find("value") instanceof Double value) {
        json.writeNumberField("value", value);
      }
      for (Field field : query.readings().fields()) {
        switch (reading.find(field.name())) {
          case Double number -> json.writeNumberField(field.name(), number);
          case Long whole -> json.writeNumberField(field.name(), whole);
          case Boolean condition -> json.writeBooleanField(field.name(), condition);
          case null -> {}
          case Object other -> json.writeStringField(field.name(), other.toString());
        }
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new AssertionError("writing to memory failed", e);
    }
    return out.toByteArray();
  }

  private byte[] csv(ReadingScope reading) {
    var line = new CsvLine();
    line.add(reading.find("key"));
    line.add(Instant.ofEpochMilli(reading.timeMs()));
    line.add(reading.find("value"));
    for (Field field : query.readings().fields()) {
      line.add(reading.find(field.name()));
    }
    return line.bytes();
  }

  private byte[] number(ReadingScope reading) throws Undecodable {
    String field =
        query.readings().fields().isEmpty() ? "value" : query.readings().fields().getLast().name();
    Object number = reading.find(field);
    if (number == null) {
      throw new Undecodable(Reason.NO_NUMBER, "the reading has no " + field);
    }
    return number.toString().getBytes(StandardCharsets.UTF_8);
  }
}
