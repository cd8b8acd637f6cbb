package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The Streams topology of one query.
 *
 * <p>Keys stay bytes from end to end: they are compared, never interpreted. Readings of one key are
 * expected in one partition of the source, as the bridge and every Kafka producer put them. A new
 * query starts with the oldest reading that the topic still holds.
 */
final class QueryTopology {
  /**
   * The store that interactive queries read. Part of the changelog's name: renaming it abandons the
   * state of running queries.
   */
  static final String STORE = "windows";

  private QueryTopology() {}

  /**
   * Builds it.
   *
   * @param config Streams' settings; the store's memory is among them
   */
  static Topology of(Query query, QueryMetrics metrics, Properties config) {
    var builder = new StreamsBuilder(new TopologyConfig(new StreamsConfig(config)));
    builder.stream(
            query.from(),
            Consumed.with(Serdes.Bytes(), Serdes.ByteArray())
                .withTimestampExtractor(new EventTime())
                .withOffsetResetPolicy(AutoOffsetReset.earliest()))
        .<Double>processValues(() -> new ReadingDecoder(query, metrics))
        .groupByKey(Grouped.with(Serdes.Bytes(), Serdes.Double()))
        .windowedBy(windows(query.window()))
        .aggregate(
            () -> Accumulator.EMPTY,
            (_, reading, window) -> window.add(reading),
            Materialized.<Bytes, Accumulator, WindowStore<Bytes, byte[]>>as(STORE)
                .withKeySerde(Serdes.Bytes())
                .withValueSerde(Accumulator.serde())
                .withRetention(retention(query.window()))
                .withCachingEnabled())
        .toStream()
        .process(() -> new ResultWriter(query, metrics))
        .to(query.to(), Produced.with(Serdes.Bytes(), Serdes.ByteArray()));
    return builder.build();
  }

  private static TimeWindows windows(Query.Window window) {
    return switch (window) {
      case Query.Tumbling(var size, var grace) -> TimeWindows.ofSizeAndGrace(size, grace);
    };
  }

  private static Duration retention(Query.Window window) {
    return switch (window) {
      case Query.Tumbling(var size, var grace) -> size.plus(grace);
    };
  }
}
