package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.api.EventTime;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The Streams topology of one query.
 *
 * <p>Source topics → (join) → {@link ReadingTaker}, which makes an {@link Outcome} of each record:
 * dead letters go to their topic, answers to theirs, readings into windows ({@link
 * WindowTopology}).
 *
 * <p>Keys stay bytes from end to end: they are compared, never interpreted, unless an expression
 * asks for them. Readings of one key are expected in one partition of the source, as the bridge and
 * every Kafka producer put them. A new query starts with the oldest reading that the topic still
 * holds.
 */
final class QueryTopology {
  // Names of stores and steps are part of internal topics' names: renaming one abandons the state
  // of running queries.

  /** The rows of the query's table. */
  static final String TABLE = "table";

  /** The windows that a query with {@code emit: final} has not told yet. */
  static final String CLOSING = "closing";

  /** The windows. */
  static final String WINDOWS = "windows";

  /** Behind a query's consumer group. */
  static final String OVERDUE = "-overdue";

  /** When readings are missing; see {@link Gaps}. */
  static final String GAPS = "gaps";

  /** Of which gateways the keys of a query with {@code by} have had readings. */
  static final String GATEWAYS = "gateways";

  private static final String JOIN = "join";

  private QueryTopology() {}

  /**
   * Builds it.
   *
   * @param config Streams' settings; the store's memory is among them
   */
  static Topology of(Query query, QueryMetrics metrics, Backlogs backlogs, Properties config) {
    var builder = builder(config);
    KStream<Bytes, Outcome> outcomes = outcomes(builder, query, metrics, _ -> true);
    if (query.windows().isPresent()) {
      Windows windows = query.windows().get();
      Optional<String> overdue = query.recompute().map(_ -> overdueTopic(config));
      new WindowTopology(builder, query, windows, metrics, backlogs, overdue).add(outcomes);
    } else {
      addAnswers(outcomes);
    }
    addGaps(builder, query, metrics); // last, so that the names of steps stay
    return builder.build();
  }

  /** As {@link #of}, over readings that end: only those of some keys go into windows. */
  static Topology ofHistory(
      Query query, QueryMetrics metrics, Properties config, Predicate<Bytes> keys) {
    var builder = builder(config);
    KStream<Bytes, Outcome> outcomes =
        outcomes(builder, query, metrics, outcome -> isOf(outcome, keys));
    if (query.windows().isPresent()) {
      new WindowTopology(
              builder, query, query.windows().get(), metrics, Backlogs.UNKNOWN, Optional.empty())
          .add(outcomes);
    } else {
      addAnswers(outcomes);
    }
    addGaps(builder, query, metrics); // last, so that the names of steps stay
    return builder.build();
  }

  /** Where readings are told whose windows are to be computed anew, see {@link Overdue}. */
  static String overdueTopic(Properties config) {
    return config.getProperty(StreamsConfig.APPLICATION_ID_CONFIG) + OVERDUE;
  }

  private static StreamsBuilder builder(Properties config) {
    return new StreamsBuilder(new TopologyConfig(new StreamsConfig(config)));
  }

  private static KStream<Bytes, Outcome> outcomes(
      StreamsBuilder builder, Query query, QueryMetrics metrics, Predicate<Outcome> wanted) {
    query.readings().table().ifPresent(table -> addTable(builder, table));
    ReadingTaker.Use use = use(query, metrics);
    KStream<Bytes, byte[]> own = own(builder, query.source());
    KStream<Bytes, Outcome> outcomes =
        query.source().join().isPresent()
            ? joined(builder, own, query.source().join().get())
                .processValues(
                    () -> new ReadingTaker<>(query, Function.identity(), use, wanted, metrics))
            : own.processValues(() ->
                new ReadingTaker<>(
                    query, payload -> new Payload(payload, null), use, wanted, metrics));
    outcomes
        .processValues(
            () -> new DeadLetterWriter(query.name()), Named.as(ReadingTaker.DEAD_LETTERS))
        .to(query.readings().deadLetters(), Produced.with(Serdes.Bytes(), Serdes.ByteArray()));
    return outcomes;
  }

  private static boolean isOf(Outcome outcome, Predicate<Bytes> keys) {
    return switch (outcome) {
      case Outcome.Taken taken -> keys.test(taken.key());
      case Outcome.Merged merged -> keys.test(merged.key());
      case Outcome.Answered _, Outcome.Dead _ -> true;
    };
  }

  private static ReadingTaker.Use use(Query query, QueryMetrics metrics) {
    return query
        .windows()
        .<ReadingTaker.Use>map(windows ->
            windows.merged().isPresent()
                ? new MergedUse(windows, windows.merged().get())
                : new ReadingUse(query.readings(), windows))
        .orElseGet(() -> new ReadingAnswer(query, metrics));
  }

  /** On every instance whole: so it needs neither the stream's partitions nor its key. */
  private static void addTable(StreamsBuilder builder, Readings.Table table) {
    builder.globalTable(
        table.topic(),
        Consumed.with(Serdes.Bytes(), Serdes.ByteArray()),
        Materialized.<Bytes, byte[], KeyValueStore<Bytes, byte[]>>as(TABLE)
            .withKeySerde(Serdes.Bytes())
            .withValueSerde(Serdes.ByteArray()));
  }

  /**
   * On every instance whole. In memory, so each start reads the topic anew, before the query runs.
   */
  private static void addGaps(StreamsBuilder builder, Query query, QueryMetrics metrics) {
    if (!query.looksAtGaps()) {
      return;
    }
    builder.addGlobalStore(
        Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(GAPS), Serdes.Bytes(), Serdes.ByteArray())
            .withLoggingDisabled(),
        Gaps.TOPIC,
        Consumed.with(Serdes.Bytes(), Serdes.ByteArray())
            .withTimestampExtractor((gap, _) -> Math.max(0, gap.timestamp()))
            .withName(GAPS),
        () -> new GapTaker(query.source(), metrics.gapsTimeless()));
  }

  private static KStream<Bytes, byte[]> own(StreamsBuilder builder, Source source) {
    return source.pattern().isPresent()
        ? builder.stream(source.pattern().get().compiled(), consumed())
        : builder.stream(source.topics(), consumed());
  }

  private static KStream<Bytes, Payload> joined(
      StreamsBuilder builder, KStream<Bytes, byte[]> own, Source.Join join) {
    KStream<Bytes, byte[]> other =
        builder.stream(join.topic(), consumed())
            // So its topic may have another number of partitions.
            .repartition(
                Repartitioned.<Bytes, byte[]>as(JOIN)
                    .withKeySerde(Serdes.Bytes())
                    .withValueSerde(Serdes.ByteArray()));
    return own.join(
        other,
        Payload::new,
        JoinWindows.ofTimeDifferenceAndGrace(join.within(), join.grace()),
        StreamJoined.with(Serdes.Bytes(), Serdes.ByteArray(), Serdes.ByteArray())
            .withName(JOIN)
            .withStoreName(JOIN));
  }

  private static Consumed<Bytes, byte[]> consumed() {
    return Consumed.with(Serdes.Bytes(), Serdes.ByteArray())
        .withTimestampExtractor(new EventTime())
        .withOffsetResetPolicy(AutoOffsetReset.earliest());
  }

  private static void addAnswers(KStream<Bytes, Outcome> outcomes) {
    outcomes
        .process(AnswerWriter::new, Named.as(ReadingTaker.TAKEN))
        .to(
            (_, answer, _) -> answer.topic(),
            Produced.with(Serdes.Bytes(), AnswerWriter.valueSerde()));
  }
}
