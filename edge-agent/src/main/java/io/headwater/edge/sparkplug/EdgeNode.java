package io.headwater.edge.sparkplug;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.mqtt.TopicFilters;
import io.headwater.edge.sparkplug.NodeMetrics.Reading;
import io.headwater.edge.sparkplug.SparkplugTopic.MessageType;
import io.headwater.process.HostPort;
import io.headwater.process.Reconnection;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent as an edge node of another broker: says the rows of the log, in its order, after its
 * birth; what waited is historical. While its primary host is not online it says nothing. State is
 * confined to its thread.
 */
public final class EdgeNode implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(EdgeNode.class);
  private static final long POLL_MILLIS = 200;
  private static final Duration RECONNECT = Duration.ofSeconds(1);
  private static final Duration LONGEST_RECONNECT = Duration.ofSeconds(30);
  private static final Duration LONGEST_CLOSE = Duration.ofSeconds(6);
  private static final int MOST_UNWRITTEN = 20;
  private static final int METRICS_IN_A_MESSAGE = 50;

  private final EdgeNodeSettings settings;
  private final EdgeLog log;
  private final DeviceClock clock;
  private final NodeStore store;
  private final NodeCursor cursor;
  private final Reconnection attempts;
  private final HostState host = new HostState();
  private final LinkedBlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private final AtomicBoolean committed = new AtomicBoolean();
  private final Counter births;
  private final Counter live;
  private final Counter historical;
  private final Counter gone;
  private final Thread thread;
  private volatile boolean closing;

  private @Nullable NodeConnection connection;
  private @Nullable NodeMetrics metrics;
  private boolean connected;
  private boolean told;
  private boolean birthIsDue;
  private boolean isBorn;
  private long liveFrom;

  private volatile String state = "is not connected";

  /** A reading that waits to be said, and whether it is news. */
  private record Waiting(long seq, Reading reading, boolean isHistorical) {}

  private @Nullable Waiting held;

  /**
   * Begins to work at once, in a thread of its own.
   *
   * @param folder where its memory lies, beside the log
   * @throws UserError if the memory cannot be used
   */
  public EdgeNode(
      Path folder,
      EdgeNodeSettings settings,
      EdgeLog log,
      DeviceClock clock,
      MeterRegistry registry) {
    this.settings = settings;
    this.log = log;
    this.clock = clock;
    this.store = NodeStore.open(folder);
    try {
      this.cursor =
          new NodeCursor(
              log,
              store,
              settings.backlogBytes(),
              TimeUnit.SECONDS.toNanos(settings.keepAliveSeconds()) * 3 / 2);
    } catch (SQLException e) {
      throw UserError.failure(
          "the position of the Sparkplug edge node in "
              + folder
              + " cannot be read: "
              + e.getMessage(),
          e);
    }
    this.attempts = new Reconnection(settings.addresses(), RECONNECT, LONGEST_RECONNECT);
    births =
        counter(registry, "births", "births", "Births that the agent has said as an edge node");
    live = counter(registry, "live", "metrics", "Values said as they came");
    historical =
        counter(registry, "historical", "metrics", "Values said later, as historical ones");
    gone = counter(registry, "gone", "rows", "Rows that the log had no more when their turn came");
    Gauge.builder("edge.sparkplug.node.online", () -> state.isEmpty() ? 1 : 0)
        .description("1 while the agent is born as an edge node")
        .register(registry);
    log.onCommit(() -> {
      if (committed.compareAndSet(false, true)) {
        events.add(() -> {});
      }
    });
    this.thread = Threads.start("edge-sparkplug-node-0", this::run);
  }

  private static Counter counter(
      MeterRegistry registry, String name, String unit, String description) {
    return Counter.builder("edge.sparkplug.node." + name)
        .baseUnit(unit)
        .description(description)
        .register(registry);
  }

  private void run() {
    while (!closing) {
      try {
        boolean more = isBorn && !cursor.rows().isAtEnd() && cursor.unwritten() < MOST_UNWRITTEN;
        Runnable event = events.poll(more ? 0 : POLL_MILLIS, TimeUnit.MILLISECONDS);
        while (event != null && !closing) {
          event.run();
          event = events.poll();
        }
        committed.set(false);
        step(System.nanoTime());
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        break;
      } catch (RuntimeException e) {
        LOGGER.atError().setCause(e).log("A step of the Sparkplug edge node failed");
        disconnected("a step failed: " + e.getMessage());
      }
    }
    end();
  }

  private void step(long now) {
    if (connection == null && attempts.isDue(now)) {
      connect();
    }
    NodeConnection open = connection;
    NodeMetrics known = metrics;
    if (connected && open != null && known != null && mayTalk()) {
      if (!isBorn) {
        liveFrom = log.endSeq();
        birthIsDue = true;
      }
      say(open, known, now);
    }
    cursor.saveIfDue(saidSeq(), now);
  }

  private boolean mayTalk() {
    return settings.primaryHost().isEmpty() || host.isOnline();
  }

  // ---- what is said

  private void say(NodeConnection open, NodeMetrics known, long now) {
    for (int i = 0; i < MOST_UNWRITTEN && cursor.unwritten() < MOST_UNWRITTEN; i++) {
      List<Reading> message = new ArrayList<>();
      boolean isHistorical = false;
      for (Waiting next = next(); next != null; next = next()) {
        boolean fits =
            message.isEmpty()
                || (next.isHistorical() == isHistorical && message.size() < METRICS_IN_A_MESSAGE);
        if (!fits) {
          held = next;
          break;
        }
        isHistorical = next.isHistorical();
        message.add(next.reading());
        birthIsDue |= known.learn(next.reading());
      }
      if (birthIsDue) {
        birth(open, known);
      }
      if (message.isEmpty()) {
        return;
      }
      NodeCursor.Flight flight = cursor.sent(saidSeq(), now);
      open.publish(MessageType.NDATA, known.data(message, isHistorical, millis()))
          .whenComplete((_, failure) -> {
            if (failure == null) {
              events.add(() -> cursor.written(flight));
            }
          });
      (isHistorical ? historical : live).increment(message.size());
    }
  }

  /** Rows below it are in messages, or in none. */
  private long saidSeq() {
    Waiting waits = held;
    return waits == null ? cursor.rows().seq() : waits.seq();
  }

  private @Nullable Waiting next() {
    Waiting before = held;
    if (before != null) {
      held = null;
      return before;
    }
    for (LogRow row = cursor.rows().next(); row != null; row = cursor.rows().next()) {
      gone.increment((double) cursor.rows().takeMissing());
      if (isMetric(row.mqttTopic())) {
        return new Waiting(
            row.seq(),
            NodeMetrics.read(
                row.mqttTopic(), row.value(), clock.boots().time(row.capture()).millis()),
            row.seq() < liveFrom);
      }
    }
    return null;
  }

  private boolean isMetric(String topic) {
    return !topic.startsWith(SparkplugTopic.NAMESPACE)
        && settings.topics().stream().anyMatch(filter -> TopicFilters.matches(filter, topic));
  }

  private void birth(NodeConnection open, NodeMetrics known) {
    var _ = open.publish(MessageType.NBIRTH, known.birth(millis()));
    births.increment();
    birthIsDue = false;
    if (!isBorn) {
      isBorn = true;
      state = "";
      LOGGER
          .atInfo()
          .addKeyValue("node", settings.group() + "/" + settings.node())
          .addKeyValue("metrics", known.names().size())
          .log("Born as a Sparkplug edge node");
    }
  }

  private long millis() {
    return clock.boots().time(clock.now()).millis();
  }

  // ---- the connection

  private void connect() {
    HostPort address = attempts.next();
    try {
      var made = new NodeConnection(settings, address, this::arrived);
      var known = new NodeMetrics(metrics, store.nextConnection());
      metrics = known;
      connection = made;
      host.forget();
      made.connect(known.death(millis()))
          .whenComplete((_, failure) ->
              events.add(() -> {
                if (connection != made) {
                  return;
                }
                if (failure != null) {
                  failed(address, failure);
                } else {
                  connected(made, address);
                }
              }));
    } catch (SQLException | RuntimeException e) {
      failed(address, e);
    }
  }

  private void failed(HostPort address, Throwable failure) {
    NodeConnection lost = connection;
    connection = null;
    if (lost != null) {
      lost.abandon();
    }
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    var line = told ? LOGGER.atDebug() : LOGGER.atWarn();
    told = true;
    line.addKeyValue("address", address)
        .addKeyValue("error", cause.getMessage() == null ? cause.toString() : cause.getMessage())
        .log("The broker of the Sparkplug edge node cannot be reached; trying on");
    attempts.failed();
  }

  private void connected(NodeConnection made, HostPort address) {
    connected = true;
    told = false;
    isBorn = false;
    state =
        settings
            .primaryHost()
            .map(name -> "waits for the primary host '" + name + "'")
            .orElse("is about to be born");
    attempts.shortenPause();
    LOGGER.atInfo().addKeyValue("address", address).log("Connected as a Sparkplug edge node");
    made.ended()
        .thenAccept(cause ->
            events.add(() -> {
              if (connection == made) {
                disconnected(String.valueOf(cause.getMessage()));
              }
            }));
  }

  private void disconnected(String why) {
    NodeConnection lost = connection;
    if (lost == null) {
      return;
    }
    connection = null;
    lost.abandon();
    connected = false;
    isBorn = false;
    held = null;
    state = "is not connected";
    cursor.goBack();
    attempts.failed();
    LOGGER
        .atWarn()
        .addKeyValue("error", why)
        .log("The connection of the Sparkplug edge node is lost");
  }

  /** Called by the client's thread. */
  private void arrived(String topic, byte[] payload) {
    events.add(() -> {
      if (settings.stateTopic().filter(topic::equals).isPresent()) {
        hostSays(payload);
      } else if (isBorn && NodeMetrics.asksForBirth(payload).orElse(false)) {
        birthIsDue = true;
      }
    });
  }

  private void hostSays(byte[] payload) {
    if (!host.take(payload) || host.isOnline()) {
      return;
    }
    NodeConnection open = connection;
    NodeMetrics known = metrics;
    if (isBorn && open != null && known != null) {
      open.leave(known.death(millis()));
      disconnected("the primary host is not online");
    }
  }

  /** What an operator should know; empty while it is born. */
  public Optional<String> note() {
    String now = state;
    return now.isEmpty()
        ? Optional.empty()
        : Optional.of("the edge node " + settings.group() + "/" + settings.node() + " " + now);
  }

  private void end() {
    NodeConnection open = connection;
    NodeMetrics known = metrics;
    if (open != null && known != null && connected) {
      if (isBorn) {
        open.leave(known.death(millis()));
      } else {
        open.abandon();
      }
    } else if (open != null) {
      open.abandon();
    }
    cursor.saveIfDue(saidSeq(), System.nanoTime());
    cursor.save();
    try {
      store.close();
    } catch (SQLException e) {
      LOGGER.atDebug().setCause(e).log("The memory of the edge node does not close");
    }
  }

  /** Says farewell. */
  @Override
  public void close() {
    closing = true;
    events.add(() -> {});
    try {
      boolean _ = thread.join(LONGEST_CLOSE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
