package io.headwater.analytics;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.analytics.AnalyticsMetrics.QueryMetrics;
import io.headwater.analytics.api.OwnTopology;
import io.headwater.process.Health;
import io.headwater.process.HostPort;
import java.time.Clock;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;

/** Makes what runs a query, out of the process' settings and parts. */
final class QueryStarter {
  private final AnalyticsConfig config;
  private final String instance;
  private final HostPort self;
  private final StateMemory memory;
  private final AnalyticsMetrics metrics;
  private final Health health;
  private final RunningQueries running;
  private final Backlogs backlogs;
  private final Clock clock;

  /**
   * @param instance this one's name in its consumer groups
   * @param self where other instances find this one
   * @param running where metrics and health look a query up, which may be another one by then
   */
  QueryStarter(
      AnalyticsConfig config,
      String instance,
      HostPort self,
      StateMemory memory,
      AnalyticsMetrics metrics,
      Health health,
      RunningQueries running,
      Backlogs backlogs,
      Clock clock) {
    this.config = config;
    this.instance = instance;
    this.self = self;
    this.memory = memory;
    this.metrics = metrics;
    this.health = health;
    this.running = running;
    this.backlogs = backlogs;
    this.clock = clock;
  }

  String instance() {
    return instance;
  }

  /** Starts it. */
  RunningQuery start(Query query, ObjectNode definition) {
    return make(query, definition, Optional.empty());
  }

  /** As {@link #start}, of one that may not run; it says why. */
  RunningQuery blocked(Query query, ObjectNode definition, String why) {
    return make(query, definition, Optional.of(why));
  }

  /** Starts a topology of the user's own. */
  QueryRunner startOwn(OwnTopology own) {
    Properties streams = ClientConfigs.streams(config, own.name(), instance, self, memory);
    // No query's: their names go behind a hyphen.
    streams.put(StreamsConfig.APPLICATION_ID_CONFIG, config.application() + ".own." + own.name());
    var runner =
        new QueryRunner(
            new OwnWork(own),
            ClientConfigs.admin(config),
            streams,
            metrics.restarts(own.name()),
            Optional.empty());
    metrics.running(own.name(), runner::isRunning);
    return runner;
  }

  private RunningQuery make(Query query, ObjectNode definition, Optional<String> blocked) {
    String name = query.name();
    QueryMetrics counters = metrics.forQuery(name);
    var runner =
        new QueryRunner(
            new DeclaredWork(query, counters, backlogs),
            ClientConfigs.admin(config),
            streamsConfig(query),
            counters.restarts(),
            blocked);
    metrics.running(
        name, () -> running.find(name).map(now -> now.runner().isRunning()).orElse(false));
    health.check("query " + name, () -> running.find(name).flatMap(RunningQuery::problem));
    Optional<Recomputer> recomputer =
        blocked.isEmpty() && query.recompute().isPresent()
            ? Optional.of(recomputer(query, counters))
            : Optional.empty();
    return new RunningQuery(query, definition, runner, recomputer, counters);
  }

  private Recomputer recomputer(Query query, QueryMetrics counters) {
    Properties streams = streamsConfig(query);
    return new Recomputer(
        query,
        QueryTopology.overdueTopic(streams),
        ClientConfigs.recompute(
            config, streams.getProperty(StreamsConfig.APPLICATION_ID_CONFIG), instance),
        config.data().resolve("recompute").resolve(query.name()),
        memory,
        backlogs,
        counters,
        clock);
  }

  /** It is no longer among the queries. */
  void forget(String name) {
    metrics.forget(name);
    health.forget("query " + name);
  }

  /** The topology that the query would have; for its names. */
  Topology topology(Query query) {
    return QueryTopology.of(
        query, metrics.forQuery(query.name()), Backlogs.UNKNOWN, streamsConfig(query));
  }

  QueryState state(Query query) {
    return new QueryState(
        ClientConfigs.admin(config),
        streamsConfig(query).getProperty(StreamsConfig.APPLICATION_ID_CONFIG));
  }

  /** Of a query that does not run. */
  void deleteLocalState(Query query) {
    LocalState.of(streamsConfig(query)).delete();
  }

  private Properties streamsConfig(Query query) {
    return ClientConfigs.streams(config, query.name(), instance, self, memory);
  }
}
