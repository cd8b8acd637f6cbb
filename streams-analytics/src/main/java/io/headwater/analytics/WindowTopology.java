package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.Windows.Emit;
import io.headwater.analytics.aggregate.Layout;
import io.headwater.analytics.aggregate.Reading;
import io.headwater.analytics.aggregate.WindowState;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Aggregator;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Initializer;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Merger;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.SlidingWindows;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The part of a topology that puts readings into windows and tells of them.
 *
 * <p>Readings → (repartition and {@link KeyGateways}, if the query has its own key) → {@link
 * LateGate} → Streams' windowed aggregation → ({@link WindowCloser}, with {@code emit: final}) →
 * {@link ResultWriter}. What comes for windows that are kept no more goes to {@link OverdueWriter}.
 */
final class WindowTopology {
  private static final String BY = "by";
  private static final String GATE = "gate";
  private static final Named IN_TIME = Named.as(LateGate.IN_TIME);

  private final StreamsBuilder builder;
  private final Query query;
  private final Windows windows;
  private final QueryMetrics metrics;
  private final Backlogs backlogs;
  private final Optional<String> overdueTopic;

  /** How a value changes a window, and how two sessions become one. */
  private record Steps<V, S>(
      Initializer<S> empty, Aggregator<Bytes, V, S> add, Merger<Bytes, S> merge, Serde<S> serde) {}

  /**
   * @param overdueTopic of readings for windows that are kept no more; empty if these are not
   *     computed anew
   */
  WindowTopology(
      StreamsBuilder builder,
      Query query,
      Windows windows,
      QueryMetrics metrics,
      Backlogs backlogs,
      Optional<String> overdueTopic) {
    this.builder = builder;
    this.query = query;
    this.windows = windows;
    this.metrics = metrics;
    this.backlogs = backlogs;
    this.overdueTopic = overdueTopic;
  }

  void add(KStream<Bytes, Outcome> outcomes) {
    if (windows.emit() instanceof Emit.Final) {
      builder.addStateStore(
          // Cached: a window that changes often goes to its changelog once per commit.
          Stores.keyValueStoreBuilder(
                  Stores.persistentKeyValueStore(QueryTopology.CLOSING),
                  Serdes.Bytes(),
                  Serdes.ByteArray())
              .withCachingEnabled());
    }
    KStream<Windowed<Bytes>, WindowState> changed =
        windows.merged().isPresent() ? ofWindows(outcomes) : ofReadings(outcomes);
    told(changed)
        .process(() -> new ResultWriter(query, windows, metrics), Named.as(WindowCloser.TELL))
        .to(query.to(), Produced.with(Serdes.Bytes(), Serdes.ByteArray()));
  }

  private KStream<Windowed<Bytes>, WindowState> ofReadings(KStream<Bytes, Outcome> outcomes) {
    if (query.readings().by().isEmpty()) {
      return ofReadings(outcomes, outcome -> ((Outcome.Taken) outcome).reading());
    }
    KStream<Bytes, Reading> keyed =
        outcomes
            .map(
                (_, outcome) -> {
                  var taken = (Outcome.Taken) outcome;
                  return KeyValue.pair(taken.key(), taken.reading());
                },
                Named.as(ReadingTaker.TAKEN))
            .repartition(
                Repartitioned.<Bytes, Reading>as(BY)
                    .withKeySerde(Serdes.Bytes())
                    .withValueSerde(Reading.serde()));
    return ofReadings(query.looksAtGaps() ? withGatewaysOfKeys(keyed) : keyed, reading -> reading);
  }

  private <V> KStream<Windowed<Bytes>, WindowState> ofReadings(
      KStream<Bytes, V> values, Function<V, Reading> readings) {
    Layout layout = windows.layout();
    KStream<Bytes, V> gated = gated(values);
    windows
        .lateTopic()
        .ifPresent(topic ->
            gated
                .mapValues(readings::apply, Named.as(LateGate.LATE))
                .processValues(() -> new LateWriter(query.name(), layout.fields()))
                .to(topic, Produced.with(Serdes.Bytes(), Serdes.ByteArray())));
    return aggregated(
        gated,
        new Steps<>(
            layout::empty,
            (_, value, window) -> window.add(readings.apply(value)),
            (_, one, other) -> one.merge(other),
            WindowState.serde()));
  }

  private KStream<Bytes, Reading> withGatewaysOfKeys(KStream<Bytes, Reading> readings) {
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(QueryTopology.GATEWAYS),
                Serdes.Bytes(),
                Serdes.ByteArray())
            .withCachingEnabled());
    return readings.processValues(KeyGateways::new, QueryTopology.GATEWAYS);
  }

  private KStream<Windowed<Bytes>, WindowState> ofWindows(KStream<Bytes, Outcome> outcomes) {
    Layout layout = windows.layout();
    return aggregated(
            gated(outcomes),
            new Steps<Outcome, MergedStates>(
                () -> MergedStates.EMPTY,
                (_, outcome, window) -> {
                  var part = (Outcome.Merged) outcome;
                  return window.with(part.startMs(), part.window());
                },
                (_, one, other) -> one.merge(other),
                MergedStates.serde()))
        .mapValues(states -> states.merged(layout));
  }

  private <V> KStream<Bytes, V> gated(KStream<Bytes, V> values) {
    // A key of the query's own has gone through a topic.
    Named name = Named.as(query.readings().by().isPresent() ? GATE : ReadingTaker.TAKEN);
    boolean tellsLate = windows.merged().isEmpty() && windows.lateTopic().isPresent();
    boolean tellsOverdue = overdueTopic.isPresent();
    FixedKeyProcessorSupplier<Bytes, V, V> gate =
        () -> new LateGate<>(windows, tellsLate, tellsOverdue, metrics);
    KStream<Bytes, V> gated =
        windows.emit() instanceof Emit.Final
            ? values.processValues(gate, name, QueryTopology.CLOSING)
            : values.processValues(gate, name);
    overdueTopic.ifPresent(topic ->
        gated
            .process(OverdueWriter::<V>ofReadings, Named.as(LateGate.OVERDUE))
            .to(topic, Produced.with(Serdes.Bytes(), Serdes.ByteArray())));
    return gated;
  }

  private <V, S> KStream<Windowed<Bytes>, S> aggregated(
      KStream<Bytes, V> values, Steps<V, S> steps) {
    KGroupedStream<Bytes, V> byKey = values.groupByKey(Grouped.keySerde(Serdes.Bytes()));
    KTable<Windowed<Bytes>, S> table =
        switch (windows.kept()) {
          case Window.Tumbling(var size, var grace) ->
              byKey
                  .windowedBy(TimeWindows.ofSizeAndGrace(size, grace))
                  .aggregate(steps.empty(), steps.add(), IN_TIME, store(steps, size.plus(grace)));
          case Window.Hopping(var size, var every, var grace) ->
              byKey
                  .windowedBy(TimeWindows.ofSizeAndGrace(size, grace).advanceBy(every))
                  .aggregate(steps.empty(), steps.add(), IN_TIME, store(steps, size.plus(grace)));
          case Window.Sliding(var span, var grace) ->
              byKey
                  .windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(span, grace))
                  // Streams looks two spans back for the windows that a late reading changes.
                  .aggregate(
                      steps.empty(),
                      steps.add(),
                      IN_TIME,
                      store(steps, span.multipliedBy(2).plus(grace)));
          case Window.Session(var gap, var grace) ->
              byKey
                  .windowedBy(SessionWindows.ofInactivityGapAndGrace(gap, grace))
                  .aggregate(
                      steps.empty(),
                      steps.add(),
                      steps.merge(),
                      IN_TIME,
                      // A late reading may still belong to a session that ended a gap before it.
                      sessionStore(steps, gap.multipliedBy(2).plus(grace)));
        };
    return table.toStream();
  }

  private <V, S> Materialized<Bytes, S, WindowStore<Bytes, byte[]>> store(
      Steps<V, S> steps, Duration retention) {
    return cached(
        Materialized.<Bytes, S, WindowStore<Bytes, byte[]>>as(QueryTopology.WINDOWS)
            .withKeySerde(Serdes.Bytes())
            .withValueSerde(steps.serde())
            .withRetention(retention));
  }

  private <V, S> Materialized<Bytes, S, SessionStore<Bytes, byte[]>> sessionStore(
      Steps<V, S> steps, Duration retention) {
    return cached(
        Materialized.<Bytes, S, SessionStore<Bytes, byte[]>>as(QueryTopology.WINDOWS)
            .withKeySerde(Serdes.Bytes())
            .withValueSerde(steps.serde())
            .withRetention(retention));
  }

  /** A cache hands updates on at the commit: the closer must have them before time goes on. */
  private <S, T extends StateStore> Materialized<Bytes, S, T> cached(
      Materialized<Bytes, S, T> store) {
    return windows.emit() instanceof Emit.Final
        ? store.withCachingDisabled()
        : store.withCachingEnabled();
  }

  private KStream<Windowed<Bytes>, WindowState> told(
      KStream<Windowed<Bytes>, WindowState> changed) {
    if (!(windows.emit() instanceof Emit.Final emit)) {
      return changed;
    }
    KStream<Windowed<Bytes>, WindowState> closed =
        changed.process(() -> new WindowCloser(windows, emit, backlogs), QueryTopology.CLOSING);
    overdueTopic.ifPresent(topic ->
        closed
            .process(
                () -> OverdueWriter.ofWindows(windows.kept()), Named.as(WindowCloser.RECOMPUTE))
            .to(topic, Produced.with(Serdes.Bytes(), Serdes.ByteArray())));
    return closed;
  }
}
