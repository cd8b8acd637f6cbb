package io.headwater.analytics;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.headwater.analytics.aggregate.Aggregate;
import io.headwater.analytics.aggregate.Layout;
import io.headwater.analytics.aggregate.WindowState;
import io.headwater.analytics.expression.Expression.NoValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Windowed;
import org.jspecify.annotations.Nullable;

/**
 * The results of a query, as they are written to its topic and served over HTTP.
 *
 * <p>As JSON: {@code query}, {@code key} (as UTF-8), {@code start} (inclusive) and {@code end}
 * (exclusive) as ISO instants in UTC, {@code revision} if it is told again, from 1 on, {@code
 * complete} with false if readings are known to be missing, then the declared aggregates, null
 * where the window cannot tell. A session that has become part of another one is taken back: with
 * {@code retracted}, and without aggregates.
 */
final class ResultEncoder {
  private static final JsonFactory JSON = new JsonFactory();

  private final Query query;
  private final Windows windows;
  private final Layout layout;
  private final Gaps gaps;

  ResultEncoder(Query query, Windows windows, Gaps gaps) {
    this.query = query;
    this.windows = windows;
    this.layout = windows.layout();
    this.gaps = gaps;
  }

  /** What a window tells; incomplete if a gap of one of its gateways reaches into its time. */
  ResultScope told(Windowed<Bytes> key, WindowState window) {
    long endMs = windows.window().endExclusiveMs(key.window().end());
    boolean misses = gaps.touch(window.gateways(), key.window().start(), endMs - 1);
    return scope(key, windows.aggregates(), misses ? window.asIncomplete() : window);
  }

  /** Of a window that is no more. */
  ResultScope gone(Windowed<Bytes> key) {
    return scope(key, List.of(), layout.empty());
  }

  private ResultScope scope(Windowed<Bytes> key, List<Aggregate> told, WindowState window) {
    long endMs = key.window().end();
    return new ResultScope(
        key.key(),
        key.window().start(),
        windows.window().endExclusiveMs(endMs),
        endMs,
        told,
        layout,
        window);
  }

  /** A result about which the condition cannot tell is not wanted. */
  boolean isWanted(ResultScope result) {
    if (windows.having().isEmpty()) {
      return true;
    }
    try {
      return windows.having().get().test(result);
    } catch (NoValue _) {
      return false;
    }
  }

  /**
   * In the format that the query asks for.
   *
   * @param revision how often the window has been told before; only JSON says so
   */
  byte[] encode(ResultScope result, int revision) {
    return switch (query.output().format()) {
      case JSON, PAYLOAD -> json(result, false, revision);
      case CSV -> csv(result);
      case NUMBER -> text(result.number(windows.aggregates().getFirst()));
    };
  }

  /** Null if the format has no word for it. */
  byte @Nullable [] retraction(ResultScope result) {
    return query.output().format() == Output.Format.JSON ? json(result, true, 0) : null;
  }

  byte[] json(ResultScope result) {
    return json(result, false, 0);
  }

  private byte[] json(ResultScope result, boolean retracted, int revision) {
    var out = new ByteArrayOutputStream(160);
    try (var json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("query", query.name());
      json.writeStringField("key", result.key());
      json.writeStringField("start", result.start().toString());
      json.writeStringField("end", result.end().toString());
      if (revision > 0) {
        json.writeNumberField("revision", revision);
      }
      if (result.isIncomplete()) {
        json.writeBooleanField("complete", false);
      }
      if (retracted) {
        json.writeBooleanField("retracted", true);
      } else {
        for (Aggregate aggregate : windows.aggregates()) {
          writeNumber(json, aggregate.label(), result.number(aggregate));
        }
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new AssertionError("writing to memory failed", e);
    }
    return out.toByteArray();
  }

  private static void writeNumber(JsonGenerator json, String label, @Nullable Number number)
      throws IOException {
    switch (number) {
      case null -> json.writeNullField(label);
      case Long whole -> json.writeNumberField(label, whole);
      default -> json.writeNumberField(label, number.doubleValue());
    }
  }

  private byte[] csv(ResultScope result) {
    var line = new CsvLine();
    line.add(result.key());
    line.add(result.start().toString());
    line.add(result.end().toString());
    for (Aggregate aggregate : windows.aggregates()) {
      line.add(result.number(aggregate));
    }
    return line.bytes();
  }

  private static byte[] text(@Nullable Number number) {
    return (number == null ? "" : number.toString()).getBytes(StandardCharsets.UTF_8);
  }
}
