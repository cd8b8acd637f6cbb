package io.headwater.edge.remote;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperty;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubRecException;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import io.headwater.edge.log.Append;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.mqtt.Hops;
import io.headwater.edge.mqtt.MqttSettings;
import io.headwater.edge.mqtt.Publish;
import io.headwater.edge.mqtt.PublishSink;
import io.headwater.edge.mqtt.RemoteOrigin;
import io.headwater.edge.mqtt.TopicFilters;
import io.headwater.edge.remote.RemoteMetrics.Drop;
import io.headwater.process.HostPort;
import io.headwater.process.Reconnection;
import io.headwater.process.Threads;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The link to one broker; see the package comment. State is confined to its thread. */
final class RemoteBroker implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(RemoteBroker.class);
  private static final long POLL_MILLIS = 200;
  private static final long HELD_POLL_MILLIS = 5;
  private static final Duration RECONNECT = Duration.ofSeconds(1);
  private static final Duration LONGEST_RECONNECT = Duration.ofSeconds(30);

  /** An acknowledgement that never comes would keep its place in the client's window for ever. */
  private static final long ACKNOWLEDGED_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final int MOST_FLYING = 100;
  private static final int MOST_ROWS_A_STEP = 2000;
  private static final int MOST_UNACKNOWLEDGED_WAITING = 1000;
  private static final String IN = "in";
  private static final String OUT = "out";

  /** Reason codes by which a broker says that it will never take a message. */
  private static final Set<Integer> REFUSED_FOR_GOOD = Set.of(0x87, 0x90, 0x95, 0x99);

  /** A message from the broker that waits for room in the log's queue. */
  private record Incoming(RemoteConnection from, Mqtt5Publish publish, String topic, int hops) {
    /** Whether the broker has it, too, until it is acknowledged. */
    boolean isKept() {
      return publish.getQos() != MqttQos.AT_MOST_ONCE;
    }
  }

  private final RemoteSettings settings;
  private final String clientId;
  private final String origin;
  private final MqttSettings limits;
  private final PublishSink sink;
  private final RemoteStore store;
  private final RemoteMetrics metrics;
  private final List<RemoteTopic> in;
  private final List<RemoteTopic> out;
  private final @Nullable OutCursor cursor;
  private final LinkedBlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private final AtomicBoolean committed = new AtomicBoolean();
  private final AtomicInteger unacknowledgedWaiting = new AtomicInteger();
  private final Deque<Incoming> held = new ArrayDeque<>();
  private final Reconnection attempts;
  private final Thread thread;
  private volatile boolean closing;

  /** The one that is being made or in use. */
  private @Nullable RemoteConnection connection;

  private boolean connected;
  private boolean told;
  private boolean progress;

  /**
   * Begins to work at once, in a thread of its own.
   *
   * @param number of the thread
   * @param limits of packets and topics; the broker sends no larger ones
   */
  RemoteBroker(
      int number,
      RemoteSettings settings,
      String gateway,
      MqttSettings limits,
      EdgeLog log,
      PublishSink sink,
      RemoteStore store,
      MeterRegistry registry)
      throws SQLException {
    this.settings = settings;
    this.clientId =
        settings.clientId().orElseGet(() -> "headwater-" + gateway + "-" + settings.name());
    this.origin = RemoteOrigin.clientId(settings.name());
    this.limits = limits;
    this.sink = sink;
    this.store = store;
    this.in = settings.in();
    this.out = settings.out();
    OutCursor made = out.isEmpty() ? null : new OutCursor(log, store, settings);
    this.cursor = made;
    this.metrics =
        new RemoteMetrics(registry, settings.name(), () -> made == null ? 0 : made.behind());
    if (cursor != null) {
      log.onCommit(() -> {
        if (committed.compareAndSet(false, true)) {
          events.add(() -> {});
        }
      });
    }
    this.attempts = new Reconnection(settings.addresses(), RECONNECT, LONGEST_RECONNECT);
    this.thread = Threads.start("edge-remote-" + number, this::run);
  }

  private void run() {
    while (!closing) {
      try {
        Runnable event = events.poll(waitMillis(), TimeUnit.MILLISECONDS);
        while (event != null && !closing) {
          event.run();
          event = events.poll();
        }
        committed.set(false);
        step();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException e) {
        LOGGER
            .atError()
            .addKeyValue("remote", settings.name())
            .setCause(e)
            .log("A step of a remote failed");
        disconnected("a step failed: " + e.getMessage());
      }
    }
  }

  private long waitMillis() {
    if (!held.isEmpty()) {
      return HELD_POLL_MILLIS;
    }
    return connected && cursor != null && !cursor.rows().isAtEnd() && cursor.flying() < MOST_FLYING
        ? 0
        : POLL_MILLIS;
  }

  private void step() {
    long now = System.nanoTime();
    offerHeld();
    if (connection == null && attempts.isDue(now)) {
      connect();
    }
    RemoteConnection open = connection;
    if (cursor != null) {
      if (connected && open != null) {
        sendOut(open, cursor, now);
        OutCursor.Flight oldest = cursor.oldest();
        if (oldest != null && now - oldest.sentNanos() > ACKNOWLEDGED_WITHIN_NANOS) {
          disconnected("it has not acknowledged a message for 30 s");
        }
      }
      cursor.saveIfDue(now);
    }
  }

  // ---- the connection

  private void connect() {
    HostPort address = attempts.next();
    RemoteConnection made;
    try {
      var stale = new LinkedHashSet<>(store.subscribed(settings.name()));
      List<String> wanted = in.stream().map(RemoteTopic::remoteFilter).distinct().toList();
      var all = new LinkedHashSet<>(stale);
      all.addAll(wanted);
      store.putSubscribed(settings.name(), all);
      wanted.forEach(stale::remove);
      made = new RemoteConnection(settings, address, clientId, this::arrived);
      connection = made;
      made.connect((int) limits.maxPacketSize().bytes(), stale, in)
          .whenComplete((known, failure) ->
              events.add(() -> {
                if (connection != made) {
                  return;
                }
                if (known == null) {
                  failed(address, failure);
                } else {
                  connected(made, address, known, wanted);
                }
              }));
    } catch (SQLException | RuntimeException e) {
      failed(address, e);
    }
  }

  private void failed(HostPort address, Throwable failure) {
    RemoteConnection lost = connection;
    connection = null;
    if (lost != null) {
      lost.abandon();
    }
    metrics.failed();
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    // Once for each outage; then only for whoever looks closely.
    var line = told ? LOGGER.atDebug() : LOGGER.atWarn();
    told = true;
    line.addKeyValue("remote", settings.name())
        .addKeyValue("address", address)
        .addKeyValue("error", cause.getMessage() == null ? cause.toString() : cause.getMessage())
        .log("A remote broker cannot be reached; trying on");
    attempts.failed();
  }

  private void connected(
      RemoteConnection made, HostPort address, boolean known, List<String> subscribed) {
    connected = true;
    told = false;
    progress = false;
    metrics.connected(true);
    LOGGER
        .atInfo()
        .addKeyValue("remote", settings.name())
        .addKeyValue("address", address)
        .addKeyValue("session", known ? "known" : "new")
        .log("Connected to a remote broker");
    try {
      store.putSubscribed(settings.name(), subscribed);
    } catch (SQLException e) {
      LOGGER.atDebug().setCause(e).log("The filters of a remote are not stored");
    }
    made.ended()
        .thenAccept(cause ->
            events.add(() -> {
              if (connection == made) {
                disconnected(String.valueOf(cause.getMessage()));
              }
            }));
  }

  private void disconnected(String why) {
    RemoteConnection lost = connection;
    if (lost == null) {
      return;
    }
    connection = null;
    lost.abandon();
    if (connected) {
      connected = false;
      metrics.connected(false);
      metrics.failed();
      LOGGER
          .atWarn()
          .addKeyValue("remote", settings.name())
          .addKeyValue("error", why)
          .log("The connection to a remote broker is lost");
      told = false;
    }
    held.removeIf(Incoming::isKept); // they come again
    if (cursor != null) {
      cursor.goBack();
    }
    if (progress) {
      attempts.shortenPause(); // only when messages get through
    }
    attempts.failed();
  }

  // ---- in

  /** Called by the client's thread. */
  private void arrived(RemoteConnection from, Mqtt5Publish publish) {
    if (publish.getQos() == MqttQos.AT_MOST_ONCE) {
      if (unacknowledgedWaiting.incrementAndGet() > MOST_UNACKNOWLEDGED_WAITING) {
        unacknowledgedWaiting.decrementAndGet();
        metrics.dropped(IN, Drop.QUEUE_FULL, 1);
        return;
      }
    }
    events.add(() -> received(from, publish));
  }

  private void received(RemoteConnection from, Mqtt5Publish publish) {
    boolean kept = publish.getQos() != MqttQos.AT_MOST_ONCE;
    if (kept && from != connection) {
      return; // comes again by the next connection
    }
    String there = publish.getTopic().toString();
    Optional<String> here =
        in.stream().map(topic -> topic.toLocal(there)).flatMap(Optional::stream).findFirst();
    int hops = hops(publish) + 1;
    Drop drop = null;
    if (here.isEmpty()) {
      drop = Drop.NO_TOPIC;
    } else if (!TopicFilters.isPublishable(here.get(), limits.limits())) {
      drop = Drop.TOPIC;
    } else if (hops > settings.effectiveMaxHops()) {
      drop = Drop.HOPS;
    }
    if (drop != null || here.isEmpty()) {
      metrics.dropped(IN, drop == null ? Drop.NO_TOPIC : drop, 1);
      finished(from, publish);
      return;
    }
    held.add(new Incoming(from, publish, here.get(), hops));
    offerHeld();
  }

  private static int hops(Mqtt5Publish publish) {
    for (Mqtt5UserProperty property : publish.getUserProperties().asList()) {
      if (property.getName().toString().equals(Hops.PROPERTY)) {
        return Hops.parse(property.getValue().toString());
      }
    }
    return 0;
  }

  private void offerHeld() {
    while (!held.isEmpty()) {
      Incoming next = held.getFirst();
      boolean taken =
          sink.offer(
              Publish.fromBroker(
                  next.topic(),
                  next.publish().getPayloadAsBytes(),
                  origin,
                  next.publish().getQos().getCode(),
                  next.hops(),
                  outcome -> events.add(() -> logged(next, outcome))));
      if (!taken) {
        return;
      }
      held.removeFirst();
    }
  }

  private void logged(Incoming message, Append.Outcome outcome) {
    if (outcome.isTaken()) {
      metrics.received();
      progress = true;
      finished(message.from(), message.publish());
    } else if (!message.isKept()) {
      metrics.dropped(IN, Drop.NOT_COMMITTED, 1);
      unacknowledgedWaiting.decrementAndGet();
    } else if (message.from() == connection) {
      // Not acknowledged: the broker keeps it and sends it again by the next connection.
      disconnected("a message could not be committed here: " + outcome);
    }
  }

  /** Acknowledges, if that is due: it is committed here, or dropped and counted. */
  private void finished(RemoteConnection from, Mqtt5Publish publish) {
    if (publish.getQos() == MqttQos.AT_MOST_ONCE) {
      unacknowledgedWaiting.decrementAndGet();
    } else if (from == connection) {
      publish.acknowledge();
    }
  }

  // ---- out

  private void sendOut(RemoteConnection open, OutCursor cursor, long now) {
    for (int n = 0; n < MOST_ROWS_A_STEP && cursor.flying() < MOST_FLYING; n++) {
      LogRow row = cursor.rows().next();
      gone(cursor.rows().takeMissing());
      if (row == null) {
        return;
      }
      if (!row.mqttClient().equals(origin)) { // what came from there does not go back
        send(open, cursor, row, now);
      }
    }
  }

  private void gone(long rows) {
    if (rows > 0) {
      metrics.dropped(OUT, Drop.GONE, rows);
      LOGGER
          .atError()
          .addKeyValue("remote", settings.name())
          .addKeyValue("records", rows)
          .log("The log does not have rows any more that a remote has not got");
    }
  }

  private void send(RemoteConnection open, OutCursor rows, LogRow row, long now) {
    for (RemoteTopic topic : out) {
      Optional<String> there = topic.toRemote(row.mqttTopic());
      if (there.isEmpty()) {
        continue;
      }
      int hops = Hops.of(row.attributes()) + 1;
      if (hops > settings.effectiveMaxHops()) {
        metrics.dropped(OUT, Drop.HOPS, 1);
      } else if (!open.takes(there.get(), row.value())) {
        metrics.dropped(OUT, Drop.TOO_LARGE, 1);
      } else {
        OutCursor.Flight flight = rows.sent(row, now);
        open.publish(there.get(), row.value(), topic.effectiveQos(), hops)
            .whenComplete((result, failure) ->
                events.add(() -> answered(open, rows, flight, result, failure)));
      }
      return;
    }
  }

  private void answered(
      RemoteConnection by,
      OutCursor rows,
      OutCursor.Flight flight,
      @Nullable Mqtt5PublishResult result,
      @Nullable Throwable failure) {
    if (by != connection) {
      return; // it goes again
    }
    Throwable error = result == null ? failure : result.getError().orElse(null);
    if (error == null) {
      metrics.sent();
      progress = true;
      rows.done(flight);
    } else if (REFUSED_FOR_GOOD.contains(reasonCode(error))) {
      metrics.dropped(OUT, Drop.REFUSED, 1);
      LOGGER
          .atWarn()
          .addKeyValue("remote", settings.name())
          .addKeyValue("error", error.getMessage())
          .log("A remote broker refuses a message for good");
      rows.done(flight);
    } else {
      disconnected("it did not take a message: " + error.getMessage());
    }
  }

  private static int reasonCode(Throwable error) {
    Throwable cause = error instanceof CompletionException ? error.getCause() : error;
    return switch (cause) {
      case Mqtt5PubAckException refused -> refused.getMqttMessage().getReasonCode().getCode();
      case Mqtt5PubRecException refused -> refused.getMqttMessage().getReasonCode().getCode();
      case null, default -> 0;
    };
  }

  /** What waits for its commit is not acknowledged any more, and comes again. */
  @Override
  public void close() {
    closing = true;
    events.add(() -> {});
    try {
      thread.join(5_000);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    RemoteConnection open = connection;
    if (open != null) {
      open.close();
    }
    if (cursor != null) {
      cursor.save();
    }
    metrics.connected(false);
  }
}
