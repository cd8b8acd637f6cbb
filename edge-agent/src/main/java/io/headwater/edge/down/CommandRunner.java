package io.headwater.edge.down;

import io.headwater.edge.down.StoredCommand.State;
import io.headwater.edge.log.Append;
import io.headwater.edge.mqtt.LocalDelivery;
import io.headwater.process.Threads;
import io.headwater.uplink.Command;
import io.headwater.uplink.CommandOutcome;
import io.headwater.uplink.CommandResult;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does commands, each once; see the package comment. State is confined to its thread.
 *
 * <p>How long a command may still wait is told by the bridge with each repeat: after a restart it
 * is not handed to its device before the bridge has named it again.
 */
final class CommandRunner implements LocalDelivery.Responses, AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(CommandRunner.class);
  private static final int MOST_EVENTS = 4096;
  private static final long MOST_REMEMBERED = 100_000;
  private static final long TICK_MILLIS = 200;
  private static final long FORGET_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** Bridges' clocks may differ by so much. */
  private static final long FORGET_AFTER_MS = TimeUnit.MINUTES.toMillis(10);

  private final CommandStore store;
  private final String gateway;
  private final CommandSettings settings;
  private final LocalDelivery delivery;
  private final Supplier<byte[]> status;
  private final Consumer<CommandResult> results;
  private final DownMetrics metrics;

  /** From outside at most {@link #MOST_EVENTS}; outcomes are as few as open commands. */
  private final LinkedBlockingQueue<Runnable> events = new LinkedBlockingQueue<>();

  private final Map<String, StoredCommand> open = new LinkedHashMap<>();
  private final Map<String, Long> deadlines = new HashMap<>();
  private long remembered;
  private long nextSeq;
  private long bridgeClockMs;
  private long forgetAtNanos = System.nanoTime();
  private final Thread thread;
  private volatile boolean closing;

  /**
   * Begins to work.
   *
   * @param status what the command {@code status} is answered with
   * @param results sends a result up; one that is lost is sent again when the command is repeated
   */
  CommandRunner(
      CommandStore store,
      String gateway,
      CommandSettings settings,
      LocalDelivery delivery,
      Supplier<byte[]> status,
      Consumer<CommandResult> results,
      DownMetrics metrics)
      throws SQLException {
    this.store = store;
    this.gateway = gateway;
    this.settings = settings;
    this.delivery = delivery;
    this.status = status;
    this.results = results;
    this.metrics = metrics;
    nextSeq = store.lastSeq() + 1;
    remembered = store.count();
    for (StoredCommand command : store.open()) {
      recover(command);
    }
    metrics.open(open.size());
    delivery.onSubscription(() -> offer(this::handOpen));
    delivery.onResponse(this);
    thread = Threads.start("edge-commands-0", this::run);
  }

  /** What was perhaps handed over before the agent was stopped. */
  private void recover(StoredCommand command) throws SQLException {
    if (command.state() != State.HANDED) {
      open.put(command.id(), command);
    } else if (settings.redeliver()) {
      StoredCommand again = command.in(State.TAKEN);
      store.put(again);
      open.put(again.id(), again);
    } else {
      store.put(
          command.done(
              CommandOutcome.UNKNOWN,
              "the agent was stopped between handing it to the device and its acknowledgement",
              null));
      metrics.done(CommandOutcome.UNKNOWN);
    }
  }

  private boolean offer(Runnable event) {
    return events.size() < MOST_EVENTS && events.offer(event);
  }

  private void run() {
    while (!closing) {
      try {
        Runnable event = events.poll(TICK_MILLIS, TimeUnit.MILLISECONDS);
        if (event != null) {
          event.run();
        }
        tick();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException e) {
        LOGGER.atError().setCause(e).log("A step of the commands failed");
      }
    }
  }

  /** Takes a command; one that does not fit in is dropped, and repeated by the bridge. */
  void take(Command command) {
    if (!offer(() -> guarded(() -> taken(command)))) {
      metrics.ignored("busy");
    }
  }

  private interface Step {
    void run() throws SQLException;
  }

  /** What cannot be written is not done; the bridge comes again with it. */
  private void guarded(Step step) {
    try {
      step.run();
    } catch (SQLException e) {
      metrics.ignored("disk");
      LOGGER
          .atError()
          .addKeyValue("error", e.getMessage())
          .log("A command cannot be written; it is not done now");
    }
  }

  private void taken(Command command) throws SQLException {
    bridgeClockMs = Math.max(bridgeClockMs, command.sentMs());
    StoredCommand known = open.get(command.id());
    if (known != null) {
      metrics.repeated();
      setDeadline(command);
      hand(known);
      return;
    }
    Optional<StoredCommand> before = store.find(command.id());
    if (before.isPresent()) {
      metrics.repeated();
      answer(before.get());
      return;
    }
    if (remembered >= MOST_REMEMBERED) {
      // Not remembered, so a repeat is refused anew: nothing was done.
      results.accept(
          new CommandResult(
              gateway,
              command.id(),
              CommandOutcome.REFUSED,
              "the gateway remembers " + remembered + " commands already",
              null));
      return;
    }
    metrics.taken();
    remembered++;
    var stored =
        new StoredCommand(
            nextSeq++,
            command.id(),
            command.device(),
            command.answerWanted(),
            command.expiresMs(),
            command.payload(),
            State.TAKEN,
            null,
            "",
            null);
    if (command.expiresMs() <= command.sentMs()) {
      finish(stored, CommandOutcome.EXPIRED, "it came after its expiry", null);
      return;
    }
    switch (command.kind()) {
      case PING -> finish(stored, CommandOutcome.ANSWERED, "", utf8("pong"));
      case STATUS -> finish(stored, CommandOutcome.ANSWERED, "", status.get());
      case MESSAGE -> message(stored, command);
      case REFETCH, FORGET ->
          finish(stored, CommandOutcome.REFUSED, "not a command for a gateway", null);
    }
  }

  private void message(StoredCommand stored, Command command) throws SQLException {
    if (stored.device().isEmpty()) {
      finish(stored, CommandOutcome.REFUSED, "it names no device", null);
      return;
    }
    store.put(stored);
    open.put(stored.id(), stored);
    metrics.open(open.size());
    setDeadline(command);
    hand(stored);
  }

  private void setDeadline(Command command) {
    long left = Math.max(0, command.expiresMs() - command.sentMs());
    deadlines.put(
        command.id(),
        System.nanoTime()
            + TimeUnit.MILLISECONDS.toNanos(Math.min(left, Long.MAX_VALUE / 2_000_000)));
  }

  private void handOpen() {
    for (StoredCommand command : List.copyOf(open.values())) {
      guarded(() -> hand(command));
    }
  }

  /** Hands it to the device if that is there, and if time is left. */
  private void hand(StoredCommand command) throws SQLException {
    Long deadline = deadlines.get(command.id());
    if (command.state() != State.TAKEN
        || deadline == null
        || System.nanoTime() - deadline >= 0
        || !delivery.isOwned(settings.topicOf(command.device()))) {
      return;
    }
    StoredCommand handed = command.in(State.HANDED);
    store.put(handed);
    open.put(handed.id(), handed);
    delivery.send(
        settings.topicOf(command.device()),
        command.payload(),
        settings.responseOf(command.device()),
        utf8(command.id()),
        outcome -> outcomeLater(command.id(), outcome));
  }

  private void outcomeLater(String id, LocalDelivery.Handed outcome) {
    events.add(() -> guarded(() -> handed(id, outcome)));
  }

  private void handed(String id, LocalDelivery.Handed outcome) throws SQLException {
    StoredCommand command = open.get(id);
    if (command == null || command.state() != State.HANDED) {
      return; // answered meanwhile
    }
    switch (outcome) {
      case NOT_SENT -> backToTaken(command);
      case SENT, ACKNOWLEDGED -> {
        if (command.answerWanted()) {
          StoredCommand acknowledged = command.in(State.ACKNOWLEDGED);
          store.put(acknowledged);
          open.put(id, acknowledged);
        } else {
          finish(
              command,
              CommandOutcome.DELIVERED,
              outcome == LocalDelivery.Handed.SENT ? "at QoS 0, without acknowledgement" : "",
              null);
        }
      }
      case REFUSED -> finish(command, CommandOutcome.REFUSED, "the device did not accept it", null);
      case LOST -> {
        if (settings.redeliver()) {
          backToTaken(command);
        } else {
          finish(
              command,
              CommandOutcome.UNKNOWN,
              "the device's connection ended before its acknowledgement",
              null);
        }
      }
    }
  }

  private void backToTaken(StoredCommand command) throws SQLException {
    StoredCommand again = command.in(State.TAKEN);
    store.put(again);
    open.put(again.id(), again);
  }

  private void finish(
      StoredCommand command, CommandOutcome outcome, String detail, byte @Nullable [] answer)
      throws SQLException {
    StoredCommand done = command.done(outcome, detail, answer);
    store.put(done);
    open.remove(done.id());
    deadlines.remove(done.id());
    metrics.open(open.size());
    metrics.done(outcome);
    answer(done);
  }

  private void answer(StoredCommand done) {
    if (done.outcome() != null) {
      results.accept(
          new CommandResult(gateway, done.id(), done.outcome(), done.detail(), done.answer()));
    }
  }

  private void tick() {
    long now = System.nanoTime();
    for (StoredCommand command : List.copyOf(open.values())) {
      Long deadline = deadlines.get(command.id());
      if (deadline != null && now - deadline >= 0) {
        guarded(() -> expire(command));
      }
    }
    if (now - forgetAtNanos >= 0 && bridgeClockMs > 0) {
      forgetAtNanos = now + FORGET_EVERY_NANOS;
      guarded(() -> remembered -= store.forget(bridgeClockMs - FORGET_AFTER_MS));
    }
  }

  private void expire(StoredCommand command) throws SQLException {
    switch (command.state()) {
      case TAKEN ->
          finish(
              command,
              CommandOutcome.EXPIRED,
              "no client was subscribed to " + settings.topicOf(command.device()),
              null);
      case ACKNOWLEDGED ->
          finish(command, CommandOutcome.DELIVERED, "the device has not answered", null);
      case HANDED ->
          finish(command, CommandOutcome.UNKNOWN, "the device has not acknowledged it", null);
      case DONE -> {
        // Nothing is left to do.
      }
    }
  }

  @Override
  public boolean take(String topic) {
    return settings.isResponse(topic);
  }

  @Override
  public void response(
      String topic, byte[] payload, byte @Nullable [] correlation, Consumer<Append.Outcome> done) {
    boolean taken =
        offer(() -> {
          try {
            responded(topic, payload, correlation);
            done.accept(Append.Outcome.COMMITTED);
          } catch (SQLException e) {
            LOGGER
                .atError()
                .addKeyValue("error", e.getMessage())
                .log("An answer cannot be written");
            done.accept(Append.Outcome.FAILED);
          }
        });
    if (!taken) {
      metrics.ignored("busy");
      done.accept(Append.Outcome.DISK_FULL);
    }
  }

  private void responded(String topic, byte[] payload, byte @Nullable [] correlation)
      throws SQLException {
    String id = correlation == null ? null : new String(correlation, StandardCharsets.UTF_8);
    for (StoredCommand command : List.copyOf(open.values())) {
      boolean underWay = command.state() == State.HANDED || command.state() == State.ACKNOWLEDGED;
      if (underWay
          && settings.responseOf(command.device()).equals(topic)
          && (id == null || id.equals(command.id()))) {
        if (payload.length > Command.LARGEST_PAYLOAD) {
          finish(command, CommandOutcome.ANSWERED, "the answer is too large to be kept", null);
        } else {
          finish(command, CommandOutcome.ANSWERED, "", payload);
        }
        return;
      }
    }
    metrics.ignored("late-response");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join(5_000);
      store.close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      LOGGER.atWarn().setCause(e).log("The memory of commands did not close");
    }
  }
}
