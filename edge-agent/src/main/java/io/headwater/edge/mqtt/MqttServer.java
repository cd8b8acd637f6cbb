package io.headwater.edge.mqtt;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.EdgeLog;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.GlobalEventExecutor;

/**
 * What all connections share, whichever endpoint they came by. Thread-safe.
 *
 * <p>Settings may be replaced: connections that come later take the new ones; what is counted over
 * all connections goes by them at once.
 */
final class MqttServer {
  private final PublishSink sink;
  private final LocalDelivery delivery;
  private final SessionStore store;
  private final SharedGroups shares;
  private final Sessions sessions;
  private final Feeds feeds = new Feeds();
  private final DeviceClock clock;
  private final Admission admission;
  private final MqttMetrics metrics;
  private final ConnectionCounts counts;
  private final FlightBudget flights;
  private final FilterQuota filters;
  private final Traffic traffic = new Traffic();
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private volatile MqttSettings settings;

  /**
   * Goes on with the log's sessions.
   *
   * @param timers when sessions end and wills are due
   */
  MqttServer(
      MqttSettings settings,
      PublishSink sink,
      LocalDelivery delivery,
      EdgeLog log,
      ClientWatch watch,
      Admission admission,
      EventExecutorGroup timers,
      DeviceClock clock,
      MqttMetrics metrics) {
    this.settings = settings;
    this.sink = sink;
    this.delivery = delivery;
    this.store = new SessionStore(log);
    this.shares = new SharedGroups(store, feeds, timers, metrics);
    this.sessions = new Sessions(store, sink, watch, shares, timers, metrics);
    this.clock = clock;
    this.admission = admission;
    this.metrics = metrics;
    this.counts = new ConnectionCounts(metrics);
    this.flights = new FlightBudget(() -> this.settings.limits().bytesInFlightInAll().bytes());
    this.filters = new FilterQuota(() -> this.settings.limits());
    metrics.flights(flights);
    log.onRows(feeds::committed);
    shares.restore(log.shares());
    sessions.restore(log.sessions(), clock);
  }

  MqttSettings settings() {
    return settings;
  }

  void settings(MqttSettings newSettings) {
    settings = newSettings;
  }

  MqttConnection connection(MqttSettings now, Flight flight) {
    return new MqttConnection(this, now, flight);
  }

  PublishSink sink() {
    return sink;
  }

  LocalDelivery delivery() {
    return delivery;
  }

  SessionStore store() {
    return store;
  }

  SharedGroups shares() {
    return shares;
  }

  Sessions sessions() {
    return sessions;
  }

  Feeds feeds() {
    return feeds;
  }

  DeviceClock clock() {
    return clock;
  }

  Admission admission() {
    return admission;
  }

  FilterQuota filters() {
    return filters;
  }

  Traffic traffic() {
    return traffic;
  }

  ConnectionCounts counts() {
    return counts;
  }

  FlightBudget flights() {
    return flights;
  }

  MqttMetrics metrics() {
    return metrics;
  }

  ChannelGroup channels() {
    return channels;
  }
}
