package io.headwater.analytics;

import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.LateGate.Gated;
import io.headwater.analytics.Windows.Emit;
import io.headwater.analytics.aggregate.Layout;
import io.headwater.analytics.aggregate.Reading;
import io.headwater.analytics.aggregate.WindowState;
import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
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
    KStream<Bytes, Outcome> taken =
        outcomes.filter((_, outcome) -> outcome instanceof Outcome.Taken);
    KStream<Bytes, Reading> readings;
    if (query.readings().by().isPresent()) {
      readings =
          taken
              .selectKey((_, outcome) -> ((Outcome.Taken) outcome).key())
              .mapValues(outcome -> ((Outcome.Taken) outcome).reading())
              .repartition(
                  Repartitioned.<Bytes, Reading>as(BY)
                      .withKeySerde(Serdes.Bytes())
                      .withValueSerde(Reading.serde()));
      if (query.looksAtGaps()) {
        readings = withGatewaysOfKeys(readings);
      }
    } else {
      readings = taken.mapValues(outcome -> ((Outcome.Taken) outcome).reading());
    }
    Layout layout = windows.layout();
    KStream<Bytes, Gated<Reading>> gated = gated(readings);
    windows
        .lateTopic()
        .ifPresent(topic ->
            gated
                .processValues(() -> new LateWriter(query.name(), layout.fields()))
                .to(topic, Produced.with(Serdes.Bytes(), Serdes.ByteArray())));
    noteOverdue(gated);
    return aggregated(
        inTime(gated),
        new Steps<>(
            layout::empty,
            (_, reading, window) -> window.add(reading),
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
    KStream<Bytes, Outcome.Merged> parts =
        outcomes
            .filter((_, outcome) -> outcome instanceof Outcome.Merged)
            .mapValues(outcome -> (Outcome.Merged) outcome);
    Layout layout = windows.layout();
    KStream<Bytes, Gated<Outcome.Merged>> gated = gated(parts);
    noteOverdue(gated);
    return aggregated(
            inTime(gated),
            new Steps<Outcome.Merged, MergedStates>(
                () -> MergedStates.EMPTY,
                (_, part, window) -> window.with(part.startMs(), part.window()),
                (_, one, other) -> one.merge(other),
                MergedStates.serde()))
        .mapValues(states -> states.merged(layout));
  }

  private <V> KStream<Bytes, Gated<V>> gated(KStream<Bytes, V> values) {
    return windows.emit() instanceof Emit.Final
        ? values.processValues(() -> new LateGate<V>(windows, metrics), QueryTopology.CLOSING)
        : values.processValues(() -> new LateGate<V>(windows, metrics));
  }

  private <V> void noteOverdue(KStream<Bytes, Gated<V>> gated) {
    overdueTopic.ifPresent(topic ->
        gated
            .process(OverdueWriter::<V>ofReadings)
            .to(topic, Produced.with(Serdes.Bytes(), Serdes.ByteArray())));
  }

  private static <V> KStream<Bytes, V> inTime(KStream<Bytes, Gated<V>> gated) {
    return gated.filter((_, each) -> !each.isLate()).mapValues(Gated::value);
  }

  private <V, S> KStream<Windowed<Bytes>, S> aggregated(
      KStream<Bytes, V> values, Steps<V, S> steps) {
    KGroupedStream<Bytes, V> byKey = values.groupByKey(Grouped.keySerde(Serdes.Bytes()));
    KTable<Windowed<Bytes>, S> table =
        switch (windows.kept()) {
          case Window.Tumbling(var size, var grace) ->
              byKey
                  .windowedBy(TimeWindows.ofSizeAndGrace(size, grace))
                  .aggregate(steps.empty(), steps.add(), store(steps, size.plus(grace)));
          case Window.Hopping(var size, var every, var grace) ->
              byKey
                  .windowedBy(TimeWindows.ofSizeAndGrace(size, grace).advanceBy(every))
                  .aggregate(steps.empty(), steps.add(), store(steps, size.plus(grace)));
          case Window.Sliding(var span, var grace) ->
              byKey
                  .windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(span, grace))
                  // Streams looks two spans back for the windows that a late reading changes.
                  .aggregate(
                      steps.empty(), steps.add(), store(steps, span.multipliedBy(2).plus(grace)));
          case Window.Session(var gap, var grace) ->
              byKey
                  .windowedBy(SessionWindows.ofInactivityGapAndGrace(gap, grace))
                  .aggregate(
                      steps.empty(),
                      steps.add(),
                      steps.merge(),
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
