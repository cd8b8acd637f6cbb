package io.headwater.edge.sparkplug;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.sparkplug.NodeMetrics.Reading;
import io.headwater.edge.sparkplug.NodeRows.Due;
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
  private static final String HOST_IS_AWAY = "the primary host is not online";
  private static final int MOST_UNWRITTEN = 20;
  private static final int METRICS_IN_A_MESSAGE = 50;

  /** Brokers have limits. One value may be larger. */
  private static final int BYTES_IN_A_MESSAGE = 64 << 10;

  /** So long a broker is given to tell that the host is online, if there are other brokers. */
  private static final long HOST_ANSWERS_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** A connection that lasts so long is a good one. */
  private static final long LASTING_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final int PROBES_IN_A_KEEP_ALIVE = 6;
  private static final long NOT_YET = -1;

  private final EdgeNodeSettings settings;
  private final EdgeLog log;
  private final DeviceClock clock;
  private final NodeStore store;
  private final NodeCursor cursor;
  private final NodeMetrics metrics = new NodeMetrics();
  private final NodeRows rows;
  private final Reconnection attempts;
  private final HostState host = new HostState();
  private final LinkedBlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private final AtomicBoolean committed = new AtomicBoolean();
  private final AtomicBoolean birthIsAskedFor = new AtomicBoolean();
  private final Counter births;
  private final Counter live;
  private final Counter historical;
  private final long probeNanos;
  private final Thread thread;
  private volatile boolean closing;

  private @Nullable NodeConnection connection;
  private boolean connected;
  private long connectedNanos;
  private boolean told;

  /** From broker to broker, as the host is at none of them: this is told once. */
  private boolean walks;

  private boolean isProbing;
  private long probedNanos = System.nanoTime();
  private boolean birthIsDue;
  private boolean birthIsOnItsWay;
  private boolean isBorn;

  /** Rows from here on are news; what the log had before the birth is historical. */
  private long liveFrom = NOT_YET;

  private volatile String state = "is not connected";

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
      this.cursor = new NodeCursor(log, store, settings.backlogBytes());
    } catch (SQLException e) {
      throw UserError.failure(
          "the position of the Sparkplug edge node in "
              + folder
              + " cannot be read: "
              + e.getMessage(),
          e);
    }
    this.probeNanos =
        TimeUnit.SECONDS.toNanos(settings.keepAliveSeconds()) / PROBES_IN_A_KEEP_ALIVE;
    this.attempts = new Reconnection(settings.addresses(), RECONNECT, LONGEST_RECONNECT);
    births =
        counter(registry, "births", "births", "Births that the agent has said as an edge node");
    live = counter(registry, "live", "metrics", "Values said as they came");
    historical =
        counter(registry, "historical", "metrics", "Values said later, as historical ones");
    rows =
        new NodeRows(
            log,
            cursor.rows(),
            settings.topics(),
            clock,
            metrics,
            counter(registry, "gone", "rows", "Rows that the log had no more when their turn came"),
            counter(registry, "skipped", "rows", "Rows of too many topics, or of reserved names"));
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
        boolean more =
            isBorn ? !rows.isAtEnd() && cursor.unwritten() < MOST_UNWRITTEN : !rows.isSurveyed();
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
    if (!connected || open == null) {
      rows.survey(log.endSeq());
    } else if (mayTalk()) {
      talk(open);
      probe(open, now);
    } else {
      rows.survey(log.endSeq());
      liveFrom = NOT_YET;
      if (settings.addresses().size() > 1 && now - connectedNanos >= HOST_ANSWERS_NANOS) {
        walkOn();
      }
    }
    if (connected && now - connectedNanos >= LASTING_NANOS) {
      attempts.shortenPause();
    }
    cursor.saveIfDue(rows.seq(), now);
  }

  private boolean mayTalk() {
    return settings.primaryHost().isEmpty() || host.isOnline();
  }

  // ---- what is said

  private void talk(NodeConnection open) {
    if (!isBorn) {
      if (liveFrom == NOT_YET) {
        liveFrom = log.endSeq();
      }
      if (!rows.survey(liveFrom)) {
        return;
      }
      birthIsDue = true;
    } else if (rows.seq() < liveFrom) {
      rows.survey(log.endSeq()); // a birth in the middle of the backlog has what is newest, too
    }
    if (birthIsAskedFor.get() && !birthIsOnItsWay) {
      birthIsAskedFor.set(false);
      birthIsDue = true;
    }
    for (int i = 0; i < MOST_UNWRITTEN && cursor.unwritten() < MOST_UNWRITTEN; i++) {
      List<Reading> message = new ArrayList<>();
      boolean isHistorical = false;
      int bytes = 0;
      for (Due next = rows.next(); next != null; next = rows.next()) {
        boolean waited = next.seq() < liveFrom;
        bytes += next.reading().size();
        boolean fits =
            message.isEmpty()
                || (waited == isHistorical
                    && message.size() < METRICS_IN_A_MESSAGE
                    && bytes <= BYTES_IN_A_MESSAGE);
        if (!fits) {
          rows.putBack(next);
          break;
        }
        isHistorical = waited;
        message.add(next.reading());
      }
      if (birthIsDue || !message.stream().allMatch(each -> metrics.isBorn(each.name()))) {
        birth(open);
      }
      if (message.isEmpty()) {
        return;
      }
      NodeCursor.Flight flight = cursor.sent(rows.seq());
      open.publish(MessageType.NDATA, metrics.data(message, isHistorical, millis()))
          .whenComplete((_, failure) -> {
            if (failure == null) {
              events.add(() -> cursor.written(flight));
            }
          });
      (isHistorical ? historical : live).increment(message.size());
    }
  }

  /** Looks from time to time how far the broker has come; what is lost with it is less then. */
  private void probe(NodeConnection open, long now) {
    NodeCursor.Flight newest = cursor.newest();
    if (newest == null || isProbing || now - probedNanos < probeNanos) {
      return;
    }
    isProbing = true;
    probedNanos = now;
    open.probe()
        .whenComplete((_, failure) ->
            events.add(() -> {
              if (connection == open && failure == null) {
                isProbing = false;
                cursor.heard(newest);
              }
            }));
  }

  private void birth(NodeConnection open) {
    birthIsOnItsWay = true;
    open.publish(MessageType.NBIRTH, metrics.birth(millis()))
        .whenComplete((_, _) ->
            events.add(() -> {
              if (connection == open) {
                birthIsOnItsWay = false;
              }
            }));
    births.increment();
    birthIsDue = false;
    if (!isBorn) {
      isBorn = true;
      walks = false;
      state = "";
      LOGGER
          .atInfo()
          .addKeyValue("node", settings.group() + "/" + settings.node())
          .addKeyValue("metrics", metrics.names().size())
          .log("Born as a Sparkplug edge node");
    }
  }

  private long millis() {
    return clock.boots().time(clock.now()).millis();
  }

  // ---- the connection

  private void connect() {
    HostPort to = attempts.next();
    host.forget();
    try {
      metrics.connecting(store.nextConnection());
      var made = new NodeConnection(settings, to, this::arrived);
      connection = made;
      made.connect(metrics.death(millis()))
          .whenComplete((_, failure) ->
              events.add(() -> {
                if (connection != made) {
                  return;
                }
                if (failure != null) {
                  failed(to, failure);
                } else {
                  connected(made, to);
                }
              }));
    } catch (SQLException | RuntimeException e) {
      failed(to, e);
    }
  }

  private void failed(HostPort to, Throwable failure) {
    NodeConnection lost = connection;
    connection = null;
    if (lost != null) {
      lost.abandon();
    }
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    String why = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    state = "is not connected: " + to + ": " + why;
    var line = told ? LOGGER.atDebug() : LOGGER.atWarn();
    told = true;
    line.addKeyValue("address", to)
        .addKeyValue("error", why)
        .log("The broker of the Sparkplug edge node cannot be reached; trying on");
    attempts.failed();
  }

  private void connected(NodeConnection made, HostPort to) {
    connected = true;
    connectedNanos = System.nanoTime();
    told = false;
    state =
        settings
            .primaryHost()
            .map(name -> "waits for the primary host '" + name + "'")
            .orElse("is about to be born");
    (walks ? LOGGER.atDebug() : LOGGER.atInfo())
        .addKeyValue("address", to)
        .log("Connected as a Sparkplug edge node");
    made.ended()
        .thenAccept(cause ->
            events.add(() -> {
              if (connection == made) {
                disconnected(whyEnded(String.valueOf(cause.getMessage())));
              }
            }));
  }

  private String whyEnded(String cause) {
    return cause.startsWith("Server closed") && System.nanoTime() - connectedNanos < LASTING_NANOS
        ? cause + " Has another client its identifier '" + settings.clientId() + "'?"
        : cause;
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
    isProbing = false;
    birthIsOnItsWay = false;
    birthIsAskedFor.set(false);
    liveFrom = NOT_YET;
    state = "is not connected: " + why;
    rows.forget();
    cursor.goBack();
    attempts.failed();
    var line = walks ? LOGGER.atDebug() : LOGGER.atWarn();
    line.addKeyValue("error", why).log("The connection of the Sparkplug edge node is lost");
  }

  /** Called by the client's thread. */
  private void arrived(NodeConnection by, String topic, byte[] payload) {
    if (settings.stateTopic().filter(topic::equals).isPresent()) {
      events.add(() -> {
        if (connection == by) {
          hostSays(by, payload);
        }
      });
    } else if (NodeMetrics.asksForBirth(payload).orElse(false)
        && birthIsAskedFor.compareAndSet(false, true)) {
      events.add(() -> {});
    }
  }

  private void hostSays(NodeConnection by, byte[] payload) {
    switch (host.take(payload)) {
      case COUNTS -> {
        if (host.isOnline()) {
          return;
        }
        if (isBorn) {
          by.leave(metrics.death(millis()));
          disconnected(HOST_IS_AWAY);
        } else if (connected && settings.addresses().size() > 1) {
          walkOn();
        }
      }
      case OLD_ONLINE -> {
        if (connected && !host.isOnline()) {
          disconnected("the word of the primary host is older than its last one: looking again");
        }
      }
      case NONE -> {}
    }
  }

  /** The host may be at the next broker. */
  private void walkOn() {
    disconnected(HOST_IS_AWAY);
    walks = true;
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
    if (open != null && isBorn) {
      NodeCursor.Flight newest = cursor.newest();
      if (open.leave(metrics.death(millis())) && newest != null) {
        cursor.heard(newest);
      }
    } else if (open != null) {
      open.abandon();
    }
    cursor.saveIfDue(rows.seq(), System.nanoTime());
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
