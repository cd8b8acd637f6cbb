package io.headwater.analytics;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.headwater.analytics.aggregate.WindowState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.TimeWindow;
import org.apache.kafka.streams.query.QueryResult;
import org.apache.kafka.streams.query.StateQueryRequest;
import org.apache.kafka.streams.query.StateQueryResult;
import org.apache.kafka.streams.query.WindowKeyQuery;
import org.apache.kafka.streams.query.WindowRangeQuery;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlySessionStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.jspecify.annotations.Nullable;

/**
 * Reads the windows that this instance holds, by Streams' interactive queries.
 *
 * <p>They come from below the store's cache: a window is as of the last commit, which is what the
 * result topic has; sessions as of now.
 */
final class StateReader {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Query query;
  private final Windows windows;
  private final KafkaStreams streams;
  private @Nullable ResultEncoder results;

  StateReader(Query query, Windows windows, KafkaStreams streams) {
    this.query = query;
    this.windows = windows;
    this.streams = streams;
  }

  /**
   * Adds what one partition has of a key.
   *
   * @throws ApiError 503 while this instance cannot tell
   */
  void read(WindowsRequest request, String key, int partition, FoundWindows into) {
    if (windows.window() instanceof Window.Session) {
      readSessions(request, partition, store -> store.fetch(bytes(key)), into);
      return;
    }
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
    if (windows.window() instanceof Window.Session) {
      readSessions(request, null, store -> store.fetch(bytes(key)), into);
      return;
    }
    for (var result : ask(keyQuery(request, key)).getPartitionResults().values()) {
      if (result.isSuccess()) { // what failed is a standby
        add(key, result, into);
      }
    }
  }

  /** Adds what all partitions have of all keys. */
  void read(WindowsRequest request, FoundWindows into) {
    if (windows.window() instanceof Window.Session) {
      readSessions(request, null, store -> store.fetch(null, null), into);
      return;
    }
    WindowRangeQuery<Bytes, Object> range =
        WindowRangeQuery.withWindowStartRange(
            Instant.ofEpochMilli(request.from()), Instant.ofEpochMilli(request.to() - 1));
    StateQueryRequest<KeyValueIterator<Windowed<Bytes>, Object>> ask =
        StateQueryRequest.inStore(QueryTopology.WINDOWS).withQuery(range).requireActive();
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

  /**
   * Streams' newer queries know no times of sessions, and not those of all keys; its older ones
   * also tell what is not committed yet.
   *
   * @param partition of all if null
   */
  private void readSessions(
      WindowsRequest request,
      @Nullable Integer partition,
      Function<ReadOnlySessionStore<Bytes, Object>, KeyValueIterator<Windowed<Bytes>, Object>> find,
      FoundWindows into) {
    StoreQueryParameters<ReadOnlySessionStore<Bytes, Object>> store =
        StoreQueryParameters.fromNameAndType(
            QueryTopology.WINDOWS, QueryableStoreTypes.sessionStore());
    try (KeyValueIterator<Windowed<Bytes>, Object> sessions =
        find.apply(streams.store(partition == null ? store : store.withPartition(partition)))) {
      while (sessions.hasNext()) {
        var session = sessions.next();
        long start = session.key.window().start();
        if (start >= request.from() && start < request.to()) {
          add(session.key, session.value, into);
        }
      }
    } catch (InvalidStateStoreException | IllegalStateException _) {
      throw notNow();
    }
  }

  private static StateQueryRequest<WindowStoreIterator<Object>> keyQuery(
      WindowsRequest request, String key) {
    return StateQueryRequest.inStore(QueryTopology.WINDOWS)
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
    return switch (windows.window()) {
      case Window.Tumbling(var size, _) -> new TimeWindow(start, start + size.toMillis());
      case Window.Hopping(var size, _, _) -> new TimeWindow(start, start + size.toMillis());
      case Window.Sliding(var span, _) -> new TimeWindow(start, start + span.toMillis());
      case Window.Session _ -> throw new IllegalStateException("sessions are kept with their ends");
    };
  }

  private ResultEncoder results() {
    if (results == null) {
      results = new ResultEncoder(query, windows, gaps());
    }
    return results;
  }

  private Gaps gaps() {
    if (!query.looksAtGaps()) {
      return Gaps.NONE;
    }
    try {
      return Gaps.in(
          streams.store(
              StoreQueryParameters.fromNameAndType(
                  QueryTopology.GAPS, QueryableStoreTypes.keyValueStore())));
    } catch (InvalidStateStoreException | IllegalStateException _) {
      throw notNow();
    }
  }

  private void add(Windowed<Bytes> window, Object stored, FoundWindows into) {
    long start = window.window().start();
    if (!into.wants(start)) {
      return;
    }
    ResultEncoder encoder = results();
    Object value = stored instanceof ValueAndTimestamp<?> with ? with.value() : stored;
    ResultScope told =
        encoder.told(
            window,
            value instanceof MergedStates merged
                ? merged.merged(windows.layout())
                : (WindowState) value);
    if (!encoder.isWanted(told)) {
      return;
    }
    try {
      into.add(new FoundWindows.Window(start, told.key(), JSON.readTree(encoder.json(told))));
    } catch (IOException e) {
      throw new AssertionError("reading from memory failed", e);
    }
  }

  private static Bytes bytes(String key) {
    return Bytes.wrap(key.getBytes(StandardCharsets.UTF_8));
  }
}
