package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.SessionWindow;

/**
 * What a query has told of windows so far, out of its topic of results; only JSON says it. Not
 * thread-safe.
 */
final class ToldResults {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * @param endMs exclusive
   */
  private record Place(String key, long startMs, long endMs) {}

  private final Query query;
  private final Windows windows;
  private final Map<Place, Integer> revisions = new HashMap<>();

  ToldResults(Query query, Windows windows) {
    this.query = query;
    this.windows = windows;
  }

  /** Whether a result may be of one of these keys. */
  boolean mayBeOf(ConsumerRecord<byte[], byte[]> result, BatchRun.Selection wanted) {
    return query.output().format() == Output.Format.JSON
        && result.value() != null
        && (query.output().key().isPresent()
            || (result.key() != null && wanted.hasKey(Bytes.wrap(result.key()))));
  }

  /** Takes results, each after those that were written before it. */
  void take(byte[] value) {
    JsonNode result;
    try {
      result = JSON.readTree(value);
    } catch (IOException _) {
      return; // somebody else's
    }
    if (!query.name().equals(result.path("query").asText())) {
      return;
    }
    place(result)
        .ifPresent(place -> {
          if (result.path("retracted").asBoolean()) {
            revisions.remove(place);
          } else {
            revisions.put(place, result.path("revision").asInt());
          }
        });
  }

  private static Optional<Place> place(JsonNode result) {
    try {
      return Optional.of(
          new Place(
              result.path("key").asText(),
              Instant.parse(result.path("start").asText()).toEpochMilli(),
              Instant.parse(result.path("end").asText()).toEpochMilli()));
    } catch (DateTimeException _) {
      return Optional.empty();
    }
  }

  /** The last revision of a window; empty if it has not been told. */
  OptionalInt revision(Windowed<Bytes> window) {
    Integer revision = revisions.get(place(window));
    return revision == null ? OptionalInt.empty() : OptionalInt.of(revision);
  }

  private Place place(Windowed<Bytes> window) {
    return new Place(
        new String(window.key().get(), StandardCharsets.UTF_8),
        window.window().start(),
        windows.window().endExclusiveMs(window.window().end()));
  }

  /** Sessions that were told and lie in a longer one now. */
  List<Windowed<Bytes>> within(Windowed<Bytes> session) {
    Place whole = place(session);
    var parts = new ArrayList<Windowed<Bytes>>();
    for (Place told : revisions.keySet()) {
      if (told.key().equals(whole.key())
          && told.startMs() >= whole.startMs()
          && told.endMs() <= whole.endMs()
          && !told.equals(whole)) {
        parts.add(
            new Windowed<>(session.key(), new SessionWindow(told.startMs(), told.endMs() - 1)));
      }
    }
    return parts;
  }
}
