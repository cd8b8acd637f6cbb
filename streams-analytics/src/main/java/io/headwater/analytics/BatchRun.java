package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.aggregate.WindowState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.test.TestRecord;

/**
 * A query over records that end: the topology that runs live, in this thread and without a hub.
 *
 * <p>Streams has no such run of its own, but a driver for tests, which takes a topology through
 * records one by one: repartitioning, tables, joins and stores included. Nothing is written
 * anywhere but to a folder of state that is thrown away.
 *
 * <p>A window takes all of its readings, however late: what was late once is not for one who looks
 * back. Not thread-safe.
 */
final class BatchRun implements AutoCloseable {
  /** Outputs wait in memory until they are taken. */
  private static final int RECORDS_AT_ONCE = 1_000;

  /** Windows are sorted in pieces of so many parts of the time. */
  private static final int PIECES = 1_000;

  /** Longer than any history; more than a topic's times would only be mistakes. */
  private static final Duration ALWAYS = Duration.ofDays(100 * 366);

  /** Of what results are told. Times are milliseconds since 1970. */
  interface Selection {
    /** No window that is wanted starts earlier. */
    long fromMs();

    /** All windows that are wanted end at this instant, exclusive, or before. */
    long toMs();

    /** Whether there are windows of this key that are wanted. */
    boolean hasKey(Bytes key);

    /**
     * Whether a window is wanted.
     *
     * @param endMs as Streams has it: of sliding windows and sessions the last instant in it
     */
    boolean has(Bytes key, long startMs, long endMs);
  }

  /** What the results are. */
  interface Results {
    /** A reading that is answered by itself, as the query writes it. */
    void answer(long timeMs, byte[] value);

    /** A window that is wanted, marked if a gap reaches into it; the oldest first, then by key. */
    void window(Windowed<Bytes> window, WindowState state);
  }

  private record Found(Windowed<Bytes> window, WindowState state) {
    long startMs() {
      return window.window().start();
    }
  }

  private static final Comparator<Found> OLDEST_FIRST =
      Comparator.comparingLong(Found::startMs).thenComparing(found -> found.window().key());

  private final Query query;
  private final Selection selection;
  private final Results results;
  private final TopologyTestDriver driver;
  private final Map<String, TestInputTopic<byte[], byte[]>> inputs = new HashMap<>();
  private int untaken;
  private long firstMs = Long.MAX_VALUE; // of readings in windows
  private long lastMs = -1;

  /**
   * @param scratch an empty folder
   * @param results take answers as they come, windows in the end
   */
  BatchRun(
      Query query,
      Selection selection,
      QueryMetrics metrics,
      Path scratch,
      StateMemory memory,
      Results results) {
    this.query = query;
    this.selection = selection;
    this.results = results;
    var config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, "run-" + query.name());
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
    config.put(StreamsConfig.STATE_DIR_CONFIG, scratch.toString());
    config.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, StateMemory.Setter.class);
    config.put(StateMemory.CONFIG, memory);
    this.driver =
        new TopologyTestDriver(
            QueryTopology.ofHistory(unhurried(query), metrics, config, selection::hasKey), config);
  }

  private static Query unhurried(Query hurried) {
    return new Query(
        hurried.name(),
        hurried.source(),
        hurried.readings(),
        hurried.windows().map(windows -> windows.openFor(ALWAYS)),
        hurried.output());
  }

  /** Takes a record of a source, of the table, or of the gaps, which come first. */
  void take(ConsumerRecord<byte[], byte[]> record) {
    inputs
        .computeIfAbsent(
            record.topic(),
            topic ->
                driver.createInputTopic(
                    topic, new ByteArraySerializer(), new ByteArraySerializer()))
        .pipeInput(
            new TestRecord<>(record.key(), record.value(), record.headers(), record.timestamp()));
    if (++untaken == RECORDS_AT_ONCE) {
      takeOutputs();
    }
  }

  private void takeOutputs() {
    untaken = 0;
    List<String> topics = query.output().topics();
    for (String topic : driver.producedTopicNames()) {
      for (TestRecord<byte[], byte[]> output :
          driver
              .createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
              .readRecordsToList()) {
        if (topics.contains(topic)) {
          took(output);
        }
      }
    }
  }

  /** An answer, or a window that has changed: of that only the time counts. */
  private void took(TestRecord<byte[], byte[]> output) {
    long timeMs = output.timestamp();
    if (query.windows().isPresent()) {
      firstMs = Math.min(firstMs, timeMs);
      lastMs = Math.max(lastMs, timeMs);
    } else {
      results.answer(timeMs, output.value());
    }
  }

  /** Tells the windows; nothing is to be taken any more. */
  void finish() {
    takeOutputs();
    query
        .windows()
        .ifPresent(windows -> {
          if (windows.window() instanceof Window.Session) {
            tellSessions(windows);
          } else {
            tellWindows(windows);
          }
        });
  }

  private Gaps gaps() {
    return query.looksAtGaps() ? Gaps.in(driver.getKeyValueStore(QueryTopology.GAPS)) : Gaps.NONE;
  }

  private void tellWindows(Windows windows) {
    Gaps gaps = gaps();
    var store = driver.<Bytes, Object>getTimestampedWindowStore(QueryTopology.WINDOWS);
    long beginMs = Math.max(selection.fromMs(), firstMs - windows.window().spanMs());
    // A sliding window may begin behind a reading.
    long endMs = Math.min(selection.toMs(), lastMs + 2);
    long pieceMs = Math.max(1, (endMs - beginMs) / PIECES);
    for (long startMs = beginMs; startMs < endMs; startMs += pieceMs) {
      var piece = new ArrayList<Found>();
      try (KeyValueIterator<Windowed<Bytes>, ValueAndTimestamp<Object>> found =
          store.fetchAll(
              Instant.ofEpochMilli(startMs),
              Instant.ofEpochMilli(Math.min(startMs + pieceMs, endMs) - 1))) {
        found.forEachRemaining(
            window -> add(windows, gaps, window.key, window.value.value(), piece));
      }
      tellAll(piece);
    }
  }

  private void tellSessions(Windows windows) {
    Gaps gaps = gaps();
    var sessions = new ArrayList<Found>();
    try (KeyValueIterator<Windowed<Bytes>, Object> found =
        driver.<Bytes, Object>getSessionStore(QueryTopology.WINDOWS).fetch(null, null)) {
      found.forEachRemaining(session -> add(windows, gaps, session.key, session.value, sessions));
    }
    tellAll(sessions);
  }

  private void add(
      Windows windows, Gaps gaps, Windowed<Bytes> window, Object stored, List<Found> into) {
    if (selection.has(window.key(), window.window().start(), window.window().end())) {
      WindowState state =
          stored instanceof MergedStates merged
              ? merged.merged(windows.layout())
              : (WindowState) stored;
      long endMs = windows.window().endExclusiveMs(window.window().end());
      boolean misses = gaps.touch(state.gateways(), window.window().start(), endMs - 1);
      into.add(new Found(window, misses ? state.asIncomplete() : state));
    }
  }

  private void tellAll(List<Found> found) {
    found.sort(OLDEST_FIRST);
    found.forEach(each -> results.window(each.window(), each.state()));
  }

  @Override
  public void close() {
    driver.close();
  }
}
