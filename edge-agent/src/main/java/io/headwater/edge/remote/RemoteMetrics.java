package io.headwater.edge.remote;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** What goes over the link to one broker. Thread-safe. */
final class RemoteMetrics {
  /** Why a message was not carried over, beside its direction. */
  enum Drop {
    /** It has crossed as many links as it may: most likely it goes round in a circle. */
    HOPS("hops"),
    /** It came, but no line of {@code topics} takes it. */
    NO_TOPIC("no-topic"),
    /** Its topic here would be none that can be published to. */
    TOPIC("topic"),
    /** QoS 0, and there was no room. */
    QUEUE_FULL("queue-full"),
    /** QoS 0, and it could not be committed. */
    NOT_COMMITTED("not-committed"),
    /** The broker takes no packets of this size. */
    TOO_LARGE("too-large"),
    /** The broker refused it for good. */
    REFUSED("refused"),
    /** The log does not have it any more: {@code backlog} was too small, or a file was damaged. */
    GONE("gone");

    private final String text;

    Drop(String text) {
      this.text = text;
    }
  }

  private final MeterRegistry registry;
  private final String remote;
  private final Counter received;
  private final Counter sent;
  private final Counter failures;
  private final AtomicInteger connected = new AtomicInteger();

  RemoteMetrics(MeterRegistry registry, String remote, Supplier<Number> behind) {
    this.registry = registry;
    this.remote = remote;
    received = counter("edge.remote.received", "messages", "Messages from the broker, committed");
    sent = counter("edge.remote.sent", "messages", "Messages that the broker has acknowledged");
    failures = counter("edge.remote.failures", "attempts", "Connections lost or not made");
    Gauge.builder("edge.remote.connected", connected::get)
        .description("1 while there is a connection to the broker")
        .tag("remote", remote)
        .register(registry);
    Gauge.builder("edge.remote.behind", behind)
        .baseUnit("records")
        .description("Rows of the log not yet looked at for the broker, or not yet acknowledged")
        .tag("remote", remote)
        .register(registry);
  }

  private Counter counter(String name, String unit, String description) {
    return Counter.builder(name)
        .baseUnit(unit)
        .description(description)
        .tag("remote", remote)
        .register(registry);
  }

  void connected(boolean now) {
    connected.set(now ? 1 : 0);
  }

  void failed() {
    failures.increment();
  }

  void received() {
    received.increment();
  }

  void sent() {
    sent.increment();
  }

  void dropped(String direction, Drop reason, long messages) {
    Counter.builder("edge.remote.dropped")
        .baseUnit("messages")
        .description("Messages not carried over")
        .tag("remote", remote)
        .tag("direction", direction)
        .tag("reason", reason.text)
        .register(registry)
        .increment((double) messages);
  }
}
