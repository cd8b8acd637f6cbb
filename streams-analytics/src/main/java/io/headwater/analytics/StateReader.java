package io.headwater.analytics;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.analytics.FoundWindows.Window;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Set;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.TimeWindow;
import org.apache.kafka.streams.query.QueryResult;
import org.apache.kafka.streams.query.StateQueryRequest;
import org.apache.kafka.streams.query.StateQueryResult;
import org.apache.kafka.streams.query.WindowKeyQuery;
import org.apache.kafka.streams.query.WindowRangeQuery;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.WindowStoreIterator;

/**
 * Reads the windows that this instance holds, by Streams' interactive queries.
 *
 * <p>They come from below the store's cache: a window is as of the last commit, which is what the
 * result topic has.
 */
final class StateReader {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Query query;
  private final KafkaStreams streams;

  StateReader(Query query, KafkaStreams streams) {
    this.query = query;
    this.streams = streams;
  }

  /**
   * Adds what one partition has of a key.
   *
   * @throws ApiError 503 while this instance cannot tell
   */
  void read(WindowsRequest request, String key, int partition, FoundWindows into) {
    QueryResult<WindowStoreIterator<Object>> result =
        ask(keyQuery(request, key).withPartitions(Set.of(partition)))
            .getPartitionResults()
            .get(partition);
    if (result == null || result.isFailure()) {
      throw notNow();
    }
    add(key, result, into);
  }

  /** Adds what all partitions have of a key. */
  void read(WindowsRequest request, String key, FoundWindows into) {
    for (var result : ask(keyQuery(request, key)).getPartitionResults().values()) {
      if (result.isSuccess()) { // what failed is a standby
        add(key, result, into);
      }
    }
  }

  /** Adds what all partitions have of all keys. */
  void read(WindowsRequest request, FoundWindows into) {
    WindowRangeQuery<Bytes, Object> range =
        WindowRangeQuery.withWindowStartRange(
            Instant.ofEpochMilli(request.from()), Instant.ofEpochMilli(request.to() - 1));
    StateQueryRequest<KeyValueIterator<Windowed<Bytes>, Object>> ask =
        StateQueryRequest.inStore(QueryTopology.STORE).withQuery(range).requireActive();
    for (var result : ask(ask).getPartitionResults().values()) {
      if (result.isSuccess()) {
        try (KeyValueIterator<Windowed<Bytes>, Object> windows = result.getResult()) {
          while (windows.hasNext()) {
            var window = windows.next();
            add(window.key, window.value, into);
          }
        }
      }
    }
  }

  private static StateQueryRequest<WindowStoreIterator<Object>> keyQuery(
      WindowsRequest request, String key) {
    return StateQueryRequest.inStore(QueryTopology.STORE)
        .withQuery(
            WindowKeyQuery.<Bytes, Object>withKeyAndWindowStartRange(
                bytes(key),
                Instant.ofEpochMilli(request.from()),
                Instant.ofEpochMilli(request.to() - 1)))
        .requireActive();
  }

  private <R> StateQueryResult<R> ask(StateQueryRequest<R> request) {
    try {
      return streams.query(request);
    } catch (InvalidStateStoreException | IllegalStateException _) { // started not yet, or no more
      throw notNow();
    }
  }

  private ApiError notNow() {
    return ApiError.notNow(
        "query "
            + query.name()
            + " has no state here that can be read now: it starts, or its"
            + " partitions move; ask again");
  }

  private void add(String key, QueryResult<WindowStoreIterator<Object>> result, FoundWindows into) {
    try (WindowStoreIterator<Object> windows = result.getResult()) {
      while (windows.hasNext()) {
        var window = windows.next();
        add(new Windowed<>(bytes(key), window(window.key)), window.value, into);
      }
    }
  }

  private TimeWindow window(long start) {
    return switch (query.window()) {
      case Query.Tumbling(var size, _) -> new TimeWindow(start, start + size.toMillis());
    };
  }

  private void add(Windowed<Bytes> window, Object stored, FoundWindows into) {
    long start = window.window().start();
    if (!into.wants(start)) {
      return;
    }
    var accumulator =
        (Accumulator) (stored instanceof ValueAndTimestamp<?> with ? with.value() : stored);
    String key = new String(window.key().get(), StandardCharsets.UTF_8);
    try {
      into.add(
          new Window(start, key, JSON.readTree(ResultWriter.encode(query, window, accumulator))));
    } catch (IOException e) {
      throw new AssertionError("reading from memory failed", e);
    }
  }

  private static Bytes bytes(String key) {
    return Bytes.wrap(key.getBytes(StandardCharsets.UTF_8));
  }
}
