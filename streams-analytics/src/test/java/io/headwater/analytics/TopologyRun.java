package io.headwater.analytics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.process.YamlFile;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;

/**
 * A query in Streams' own driver, which commits, and so writes results, after each record. Its
 * clock moves only when a test says so.
 */
final class TopologyRun implements AutoCloseable {
  /** The start of a window of 10 s: 2023-11-14T22:13:20Z. */
  static final long T0 = 1_700_000_000_000L;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Query query;
  private final TopologyTestDriver driver;
  private final Map<String, TestInputTopic<String, byte[]>> inputs = new HashMap<>();

  /**
   * @param state where state is kept
   */
  TopologyRun(Path state, Query query) {
    this(state, query, Backlogs.UNKNOWN);
  }

  TopologyRun(Path state, Query query, Backlogs backlogs) {
    this.query = query;
    Properties config = config(query, state);
    driver =
        new TopologyTestDriver(
            QueryTopology.of(
                query, new AnalyticsMetrics(registry).forQuery(query.name()), backlogs, config),
            config,
            Instant.ofEpochMilli(T0));
  }

  private static Properties config(Query query, Path state) {
    var config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, "test-" + query.name());
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
    config.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
    return config;
  }

  /** What would run. */
  static Topology topology(Query query, Path state) {
    return QueryTopology.of(
        query,
        new AnalyticsMetrics(new SimpleMeterRegistry()).forQuery(query.name()),
        Backlogs.UNKNOWN,
        config(query, state));
  }

  /** The only query of a file with this text below {@code queries:}. */
  static Query query(String text) {
    return queries(text).getLast();
  }

  static List<Query> queries(String text) {
    return QueryFile.read(YamlFile.of("q.yaml", "queries:\n" + text.indent(2)));
  }

  void publish(@Nullable String key, @Nullable String payload, long timeMs) {
    publish(query.source().topics().getFirst(), key, payload, timeMs);
  }

  void publish(String topic, @Nullable String key, @Nullable String payload, long timeMs) {
    input(topic).pipeInput(key, payload == null ? null : utf8(payload), timeMs);
  }

  void publish(TestRecord<String, byte[]> record) {
    input(query.source().topics().getFirst()).pipeInput(record);
  }

  private TestInputTopic<String, byte[]> input(String topic) {
    return inputs.computeIfAbsent(
        topic,
        name -> driver.createInputTopic(name, new StringSerializer(), new ByteArraySerializer()));
  }

  void passTime(Duration time) {
    driver.advanceWallClockTime(time);
  }

  List<TestRecord<String, String>> results() {
    return results(query.to());
  }

  List<TestRecord<String, String>> results(String topic) {
    return driver
        .createOutputTopic(topic, new StringDeserializer(), new StringDeserializer())
        .readRecordsToList();
  }

  /** The results with their bytes, as another query takes them. */
  List<TestRecord<String, byte[]>> rawResults() {
    return driver
        .createOutputTopic(query.to(), new StringDeserializer(), new ByteArrayDeserializer())
        .readRecordsToList();
  }

  List<JsonNode> json() {
    return results().stream().map(result -> json(result.value())).toList();
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(text, e);
    }
  }

  /** What has gone to changelogs so far, which the driver keeps: a long run would fill the heap. */
  void dropChangelogs() {
    for (String topic : driver.producedTopicNames()) {
      if (topic.endsWith("-changelog")) {
        var _ =
            driver
                .createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                .readRecordsToList();
      }
    }
  }

  double undecodable(String reason) {
    return registry.get("analytics.undecodable").tag("reason", reason).counter().count();
  }

  double count(String meter) {
    return registry.get(meter).tag("query", query.name()).counter().count();
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    driver.close();
  }
}
