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
import java.util.function.Consumer;
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

  /**
   * What windows and readings are told.
   *
   * @param fromMs the earliest start, inclusive; milliseconds since 1970
   * @param toMs the latest end, which is the first instant after a window
   */
  record Range(long fromMs, long toMs) {
    boolean has(long startMs, long endMs) {
      return startMs >= fromMs && endMs <= toMs;
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Told(long startMs, String key, byte[] line) {}

  private static final Comparator<Told> OLDEST_FIRST =
      Comparator.comparingLong(Told::startMs).thenComparing(Told::key);

  private final Query query;
  private final Range range;
  private final Consumer<byte[]> lines;
  private final TopologyTestDriver driver;
  private final Map<String, TestInputTopic<byte[], byte[]>> inputs = new HashMap<>();
  private int untaken;
  private long firstMs = Long.MAX_VALUE; // of readings in windows
  private long lastMs = -1;
  private long told;

  /**
   * @param scratch an empty folder
   * @param lines take the results in the query's format: answers as they come, windows in the end
   */
  BatchRun(
      Query query,
      Range range,
      QueryMetrics metrics,
      Path scratch,
      StateMemory memory,
      Consumer<byte[]> lines) {
    this.query = query;
    this.range = range;
    this.lines = lines;
    var config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, "run-" + query.name());
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
    config.put(StreamsConfig.STATE_DIR_CONFIG, scratch.toString());
    config.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, StateMemory.Setter.class);
    config.put(StateMemory.CONFIG, memory);
    this.driver =
        new TopologyTestDriver(QueryTopology.of(unhurried(query), metrics, config), config);
  }

  private static Query unhurried(Query hurried) {
    return new Query(
        hurried.name(),
        hurried.source(),
        hurried.readings(),
        hurried.windows().map(windows -> windows.openFor(ALWAYS)),
        hurried.output());
  }

  /** Takes a record of a source or of the table. */
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
    List<String> results = query.output().topics();
    for (String topic : driver.producedTopicNames()) {
      for (TestRecord<byte[], byte[]> output :
          driver
              .createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
              .readRecordsToList()) {
        if (results.contains(topic)) {
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
    } else if (range.has(timeMs, timeMs + 1)) {
      tell(output.value());
    }
  }

  private void tell(byte[] line) {
    lines.accept(line);
    told++;
  }

  /**
   * Tells the windows, the oldest first; nothing is to be taken any more.
   *
   * @return how many results were told in all
   */
  long finish() {
    takeOutputs();
    query
        .windows()
        .ifPresent(windows -> {
          var results = new ResultEncoder(query, windows);
          if (windows.window() instanceof Window.Session) {
            tellSessions(windows, results);
          } else {
            tellWindows(windows, results);
          }
        });
    return told;
  }

  private void tellWindows(Windows windows, ResultEncoder results) {
    var store = driver.<Bytes, Object>getTimestampedWindowStore(QueryTopology.WINDOWS);
    long beginMs = Math.max(range.fromMs(), firstMs - windows.window().spanMs());
    long endMs = Math.min(range.toMs(), lastMs + 2); // a sliding window may begin behind a reading
    long pieceMs = Math.max(1, (endMs - beginMs) / PIECES);
    for (long startMs = beginMs; startMs < endMs; startMs += pieceMs) {
      var piece = new ArrayList<Told>();
      try (KeyValueIterator<Windowed<Bytes>, ValueAndTimestamp<Object>> found =
          store.fetchAll(
              Instant.ofEpochMilli(startMs),
              Instant.ofEpochMilli(Math.min(startMs + pieceMs, endMs) - 1))) {
        found.forEachRemaining(
            window -> add(windows, results, window.key, window.value.value(), piece));
      }
      tellAll(piece);
    }
  }

  private void tellSessions(Windows windows, ResultEncoder results) {
    var sessions = new ArrayList<Told>();
    try (KeyValueIterator<Windowed<Bytes>, Object> found =
        driver.<Bytes, Object>getSessionStore(QueryTopology.WINDOWS).fetch(null, null)) {
      found.forEachRemaining(
          session -> add(windows, results, session.key, session.value, sessions));
    }
    tellAll(sessions);
  }

  private void add(
      Windows windows,
      ResultEncoder results,
      Windowed<Bytes> window,
      Object stored,
      List<Told> into) {
    long startMs = window.window().start();
    if (!range.has(startMs, windows.window().endExclusiveMs(window.window().end()))) {
      return;
    }
    ResultScope result =
        results.told(
            window,
            stored instanceof MergedStates merged
                ? merged.merged(windows.layout())
                : (WindowState) stored);
    if (results.isWanted(result)) {
      into.add(new Told(startMs, result.key(), results.encode(result, 0)));
    }
  }

  private void tellAll(List<Told> found) {
    found.sort(OLDEST_FIRST);
    found.forEach(each -> tell(each.line()));
  }

  @Override
  public void close() {
    driver.close();
  }
}
