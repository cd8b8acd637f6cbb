package io.headwater.edge.mqtt;

import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
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
  private final ClientRegistry registry;
  private final Admission admission;
  private final MqttMetrics metrics;
  private final ConnectionCounts counts;
  private final FlightBudget flights;
  private final FilterQuota filters;
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private volatile MqttSettings settings;

  MqttServer(
      MqttSettings settings,
      PublishSink sink,
      LocalDelivery delivery,
      ClientWatch watch,
      Admission admission,
      MqttMetrics metrics) {
    this.settings = settings;
    this.sink = sink;
    this.delivery = delivery;
    this.registry = new ClientRegistry(watch);
    this.admission = admission;
    this.metrics = metrics;
    this.counts = new ConnectionCounts(metrics);
    this.flights = new FlightBudget(() -> this.settings.limits().bytesInFlightInAll().bytes());
    this.filters = new FilterQuota(() -> this.settings.limits());
    metrics.flights(flights);
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

  ClientRegistry registry() {
    return registry;
  }

  Admission admission() {
    return admission;
  }

  FilterQuota filters() {
    return filters;
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
