package io.headwater.edge.forward;

import io.headwater.edge.clock.ClockKeeper;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.LogSlice;
import io.headwater.edge.route.SendOrder;
import io.headwater.process.HostPort;
import io.headwater.process.Reconnection;
import io.headwater.process.Threads;
import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.Credit;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.Reject;
import io.headwater.uplink.RejectReason;
import io.headwater.uplink.Settled;
import io.headwater.uplink.StateRequest;
import io.headwater.uplink.StreamDeclaration;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.Track;
import io.headwater.uplink.UplinkCodec;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries the log to the bridge; see the package comment. State is confined to its thread. */
public final class Forwarder implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Forwarder.class);
  private static final long POLL_MILLIS = 20;
  private static final Duration RECONNECT = Duration.ofMillis(500);

  /** With its jitter the most that a network that is back goes unnoticed. */
  private static final Duration LONGEST_RECONNECT = Duration.ofSeconds(5);

  private static final long LONGEST_ACK_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long STATE_RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long BUSY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long REFUSED_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final Credit FIRST_CREDIT = new Credit(1, 64 << 10);

  private final EdgeLog log;
  private final String gateway;
  private final String version;
  private final ForwarderSettings settings;
  private final StatusReporter reporter;
  private final Downstream downstream;
  private final ClockKeeper clock;
  private final ForwarderMetrics metrics;
  private final UplinkDiary diary = new UplinkDiary(System.nanoTime());
  private final List<StreamDeclaration> declared;
  private final LinkedBlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private final AtomicBoolean committed = new AtomicBoolean();
  private final Function<String, Optional<SendOrder>> orders;
  private final Map<StreamPartition, PartitionPlan> plans = new TreeMap<>();
  private final Map<Urgency, Rotation> rotations = new EnumMap<>(Urgency.class);
  private final Thread thread;
  private volatile boolean closing;
  private volatile @Nullable String problem;

  private @Nullable UplinkConnection connection;
  private boolean connecting;
  private final Reconnection attempts;
  private boolean stateKnown;

  /** What the log held when the connection began; null once the tracks are laid by it. */
  private @Nullable Map<StreamPartition, Long> waited;

  private boolean muchWaited;
  private long stateAskedNanos;
  private boolean isAsked;
  private long firstAskedNanos;
  private long ackTimeoutNanos;
  private long pausedUntilNanos = System.nanoTime();
  private boolean beginningEpoch;
  private long silentSinceNanos = System.nanoTime();
  private long silenceNanos;
  private final SendLimit limit;
  private final SendWindow window;
  private Credit credit = FIRST_CREDIT;

  /**
   * Begins to work.
   *
   * @param orders in which each stream's readings go, where a route says it; may change, see {@link
   *     #ordersChanged}
   */
  public Forwarder(
      EdgeLog log,
      String gateway,
      String version,
      ForwarderSettings settings,
      Function<String, Optional<SendOrder>> orders,
      StatusReporter reporter,
      Downstream downstream,
      ClockKeeper clock,
      MeterRegistry registry) {
    this.log = log;
    this.gateway = gateway;
    this.version = version;
    this.settings = settings;
    this.orders = orders;
    this.reporter = reporter;
    this.downstream = downstream;
    this.clock = clock;
    this.metrics = new ForwarderMetrics(registry);
    this.declared = settings.streams().stream().map(ForwarderSettings.Stream::declaration).toList();
    this.ackTimeoutNanos = settings.ackTimeout().toNanos();
    this.silenceNanos = leastSilenceNanos();
    this.attempts = new Reconnection(settings.bridges(), RECONNECT, LONGEST_RECONNECT);
    this.limit = new SendLimit(settings.limit(), System.nanoTime());
    this.window = new SendWindow(System.nanoTime());
    log.onCommit(() -> {
      if (committed.compareAndSet(false, true)) {
        events.add(() -> {});
      }
    });
    this.thread = Threads.start("edge-forwarder-0", this::run);
  }

  /** What keeps it from forwarding for good; a network that is down is not such a thing. */
  public Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  /** How it stands with the bridges. */
  public UplinkStatus uplink() {
    return diary.status();
  }

  /** Sends a frame that is neither a batch nor a state request; lost if nobody is connected. */
  public void send(byte[] frame) {
    events.add(() -> {
      UplinkConnection open = connection;
      if (open != null) {
        open.sendUp(frame);
      }
    });
  }

  /** Streams whose order is another one now go in that. */
  public void ordersChanged() {
    events.add(() -> {
      boolean much = log.depth() > settings.liveFirstAbove();
      Map<StreamPartition, Long> ends = log.ends();
      plans.forEach((partition, plan) -> {
        Optional<SendOrder> order = orders.apply(partition.stream());
        if (!order.equals(plan.order())) {
          plan.begin(order, ends.getOrDefault(partition, 0L), much);
        }
      });
    });
  }

  private void run() {
    while (!closing) {
      try {
        Runnable event = events.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        while (event != null) {
          event.run();
          event = events.poll();
        }
        committed.set(false);
        step();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException e) {
        LOGGER.atError().setCause(e).log("A step of the forwarder failed");
        disconnected();
      }
    }
  }

  private void step() {
    long now = System.nanoTime();
    reporter.watch(now);
    UplinkConnection open = connection;
    if (open == null) {
      if (!connecting && attempts.isDue(now)) {
        connect();
      }
      return;
    }
    if (reporter.step(open, now, stateKnown)) {
      open.sendDownState(downstream.state());
    }
    if (isSilent(now)) {
      metrics.movedOn();
      silenceNanos = Math.min(silenceNanos * 2, LONGEST_ACK_TIMEOUT_NANOS);
      disconnected();
      diary.note("nobody has answered behind this broker: the next one is tried", now);
      return;
    }
    if (beginningEpoch) {
      return;
    }
    if (!stateKnown) {
      if (now - stateAskedNanos >= STATE_RETRY_NANOS) {
        askForState(open, now);
      }
      return;
    }
    if (oldestFlightIsLate(now)) {
      metrics.timedOut();
      diary.note("no answer to a batch in time: it goes again", now);
      window.restart(now); // what has not come through may still lie in the network
      ackTimeoutNanos = Math.min(ackTimeoutNanos * 2, LONGEST_ACK_TIMEOUT_NANOS);
      askForState(open, now);
      return;
    }
    if (now - pausedUntilNanos >= 0) {
      send(open);
    }
  }

  /** Repeated time-outs: behind this broker nobody answers, so the next may do better. */
  private long leastSilenceNanos() {
    return 2 * settings.ackTimeout().toNanos();
  }

  private boolean isSilent(long now) {
    boolean waiting =
        !stateKnown || plans.values().stream().anyMatch(plan -> !plan.flights().isEmpty());
    if (!waiting) {
      silentSinceNanos = now;
    }
    return settings.bridges().size() > 1 && now - silentSinceNanos > silenceNanos;
  }

  private boolean oldestFlightIsLate(long now) {
    return plans.values().stream()
        .flatMap(plan -> plan.flights().stream())
        .anyMatch(flight -> now - flight.sentNanos() > ackTimeoutNanos);
  }

  private void connect() {
    connecting = true;
    HostPort address = attempts.next();
    UplinkConnection.connect(
            address,
            settings,
            gateway,
            version,
            bytes -> {
              long receivedNanos = System.nanoTime();
              events.add(() -> answered(bytes, receivedNanos));
            },
            downstream)
        .whenComplete((made, failure) ->
            events.add(() -> {
              connecting = false;
              if (made == null) {
                diary.failed(address, failure, System.nanoTime());
                LOGGER
                    .atDebug()
                    .addKeyValue("address", address)
                    .addKeyValue("error", failure)
                    .log("No connection to the bridge");
                attempts.failed();
              } else {
                connected(made, address);
              }
            }));
  }

  private void connected(UplinkConnection made, HostPort address) {
    LOGGER.atInfo().addKeyValue("address", address).log("Connected to the bridge's broker");
    connection = made;
    made.ended().thenRun(() -> events.add(() -> ended(made)));
    metrics.connected(true);
    diary.connected(address, System.nanoTime());
    attempts.shortenPause();
    credit = FIRST_CREDIT;
    window.restart(System.nanoTime());
    reporter.connected();
    silentSinceNanos = System.nanoTime();
    muchWaited = log.depth() > settings.liveFirstAbove();
    waited = log.ends();
    askForState(made, System.nanoTime());
  }

  private void ended(UplinkConnection ended) {
    if (connection == ended) {
      disconnected();
    }
  }

  private void disconnected() {
    UplinkConnection lost = connection;
    if (lost == null) {
      return;
    }
    LOGGER.atInfo().log("The connection to the bridge's broker is lost");
    lost.abandon();
    connection = null;
    stateKnown = false;
    isAsked = false;
    metrics.connected(false);
    diary.lost(System.nanoTime());
    metrics.underWay(0, window.bytes());
    reporter.turned();
    plans.values().forEach(PartitionPlan::forgetFlights);
    attempts.failed();
  }

  /**
   * The answer tells what is settled. Everything else goes again from the first missing reading on:
   * what is under way may be lost, and what would follow it now would overtake it.
   */
  private void askForState(UplinkConnection open, long now) {
    stateKnown = false;
    plans.values().forEach(PartitionPlan::forgetFlights);
    stateAskedNanos = now;
    if (!isAsked) {
      isAsked = true;
      firstAskedNanos = now; // the answer may be the one to this question, however often it goes
    }
    log.reach(false);
    open.sendStateRequest(
        UplinkCodec.encode(
            new StateRequest(gateway, log.epoch(), log.incarnations(), version, declared)));
  }

  /** A partition that was made after the connection is live as a whole. */
  private PartitionPlan plan(StreamPartition partition) {
    long sentBefore = log.incarnations().getLast().firstOffsets().getOrDefault(partition, 0L);
    var plan = new PartitionPlan(log.settled(partition), sentBefore, System.nanoTime());
    plan.begin(orders.apply(partition.stream()), 0, false);
    return plan;
  }

  private void send(UplinkConnection open) {
    for (Urgency urgency : Urgency.values()) {
      Rotation rotation = rotations.computeIfAbsent(urgency, _ -> new Rotation());
      boolean sent = true;
      while (sent) {
        sent = false;
        for (var entry : rotation.next(log.ends())) {
          long now = System.nanoTime();
          if (!hasRoom(urgency, now) || !limit.allows(urgency, now)) {
            return;
          }
          if (sendNext(open, entry.getKey(), entry.getValue(), urgency, now)) {
            rotation.served(entry.getKey());
            sent = true;
          }
        }
      }
    }
  }

  private boolean hasRoom(Urgency urgency, long now) {
    int batches = 0;
    long bytes = 0;
    for (PartitionPlan plan : plans.values()) {
      batches += plan.flights().size();
      for (PartitionPlan.Flight flight : plan.flights()) {
        bytes += flight.bytes();
      }
    }
    metrics.underWay(bytes, window.bytes());
    return batches < Math.max(1, credit.batches())
        && (batches == 0 || bytes + settings.batchSize().bytes() <= credit.bytes())
        && window.hasRoom(urgency, bytes, now);
  }

  private boolean sendNext(
      UplinkConnection open, StreamPartition partition, long end, Urgency urgency, long now) {
    PartitionPlan plan = plans.computeIfAbsent(partition, this::plan);
    Optional<Track> due = plan.due(urgency, end, now);
    if (due.isEmpty()) {
      return false;
    }
    Track track = due.get();
    long most =
        Math.min(
            plan.readingsIn(window.batchBytes()),
            Math.min(settings.batchRecords(), limit.readings(urgency, now)));
    int mostBytes = (int) Math.min(settings.batchSize().bytes(), limit.bytes(urgency, now));
    PartitionPlan.Range range = plan.next(track, end, most).orElseThrow();
    LogSlice slice =
        BatchCut.next(
            (from, maxRecords, maxBytes) -> log.read(partition, from, maxRecords, maxBytes),
            plan,
            track,
            end,
            range,
            mostBytes);
    if (slice.isEmpty()) {
      return false;
    }
    byte[] frame = UplinkCodec.encode(batch(partition, track, slice), true);
    log.reach(true);
    open.sendBatch(frame);
    metrics.sent();
    limit.sent(slice.records().size(), frame.length);
    plan.sent(
        new PartitionPlan.Flight(
            slice.firstOffset(),
            slice.nextOffset(),
            track,
            slice.records().size(),
            frame.length,
            now),
        urgency);
    return true;
  }

  private Batch batch(StreamPartition partition, Track track, LogSlice slice) {
    return new Batch(
        gateway,
        log.epoch(),
        log.incarnations().getLast().id(),
        partition,
        track,
        slice.firstOffset(),
        slice.nextOffset(),
        slice.records(),
        slice.gaps());
  }

  private void answered(byte[] bytes, long receivedNanos) {
    Answer answer;
    try {
      answer = UplinkCodec.decodeAnswer(bytes);
    } catch (MalformedUplinkException e) {
      metrics.ignored();
      LOGGER.atWarn().addKeyValue("error", e.getMessage()).log("An answer is not understood");
      return;
    }
    UplinkConnection open = connection;
    if (open == null || !answer.gateway().equals(gateway) || answer.epoch() != log.epoch()) {
      metrics.ignored();
      return;
    }
    silentSinceNanos = System.nanoTime();
    silenceNanos = leastSilenceNanos();
    attempts.beginRound();
    // First: what is sent next shall have the right time.
    questionBefore(answer)
        .ifPresent(sent -> clock.bridgeAnswered(sent, receivedNanos, answer.bridgeClockMs()));
    if (beginningEpoch) {
      return;
    }
    credit = answer.credit();
    switch (answer.verdict()) {
      case KNOWN -> {
        stateKnown = true;
        settle(answer);
        layTracks();
        answer.rejects().forEach(this::rejected);
      }
      // What is settled then may be the readings of a copy of this log.
      case ASK_FOR_STATE -> askForState(open, System.nanoTime());
      case COPY -> {
        settle(answer);
        beginEpoch();
      }
    }
  }

  /**
   * When the newest of what the answer speaks of was sent: the bridge has put its time into it
   * after that. Empty if it speaks of nothing that was.
   */
  private OptionalLong questionBefore(Answer answer) {
    if (!stateKnown) {
      long asked = firstAskedNanos;
      boolean waiting = isAsked;
      isAsked = false;
      return waiting ? OptionalLong.of(asked) : OptionalLong.empty();
    }
    OptionalLong newest = OptionalLong.empty();
    for (Settled settled : answer.settled()) {
      PartitionPlan plan = plans.get(settled.partition());
      for (PartitionPlan.Flight flight :
          plan == null ? List.<PartitionPlan.Flight>of() : plan.flights()) {
        if (settled.ranges().covers(flight.from(), flight.to())
            && (newest.isEmpty() || flight.sentNanos() - newest.getAsLong() > 0)) {
          newest = OptionalLong.of(flight.sentNanos());
        }
      }
    }
    return newest;
  }

  /** Once for each connection, when it is known what the bridge has. */
  private void layTracks() {
    Map<StreamPartition, Long> ends = waited;
    if (ends != null) {
      waited = null;
      ends.forEach((partition, end) ->
          plans
              .computeIfAbsent(partition, this::plan)
              .begin(orders.apply(partition.stream()), end, muchWaited));
    }
  }

  /**
   * This log is a copy or a restored image of one that has gone on elsewhere, and offsets since
   * then mean other readings there. So whatever is not settled goes under a new epoch.
   */
  private void beginEpoch() {
    long before = log.epoch();
    LOGGER
        .atWarn()
        .addKeyValue("epoch", Long.toHexString(before))
        .addKeyValue("unsettled", log.depth())
        .log("This log is a copy or a restored image; what is not settled gets a new epoch");
    beginningEpoch = true;
    stateKnown = false;
    log.beginEpoch()
        .whenComplete((epoch, failure) ->
            events.add(() -> {
              beginningEpoch = false;
              if (epoch == null) {
                problem = "a new epoch for the copied log cannot be stored: " + failure;
                LOGGER.atError().setCause(failure).log("A new epoch cannot be stored");
              } else {
                problem = null;
                metrics.epochBegun();
                LOGGER
                    .atWarn()
                    .addKeyValue("epoch", Long.toHexString(epoch))
                    .addKeyValue("before", Long.toHexString(before))
                    .log("Forwarding goes on under a new epoch");
              }
              UplinkConnection open = connection;
              if (open != null) {
                askForState(open, System.nanoTime());
              }
            }));
  }

  private void settle(Answer answer) {
    long now = System.nanoTime();
    for (Settled settled : answer.settled()) {
      PartitionPlan plan = plans.computeIfAbsent(settled.partition(), this::plan);
      plan.flights().stream()
          .filter(flight -> settled.ranges().covers(flight.from(), flight.to()))
          .forEach(flight -> {
            metrics.answered(now - flight.sentNanos());
            window.answered(flight.sentNanos(), now);
          });
      long end = log.ends().getOrDefault(settled.partition(), 0L);
      long newly = plan.settle(settled.ranges(), end);
      if (newly > 0) {
        metrics.settled(newly);
        log.settle(settled.partition(), plan.settled());
        ackTimeoutNanos = settings.ackTimeout().toNanos();
      }
    }
  }

  private void rejected(Reject reject) {
    metrics.rejected(reject.reason().text());
    diary.rejected(reject, System.nanoTime());
    if (reject.reason() == RejectReason.VERSION) {
      pausedUntilNanos = System.nanoTime() + REFUSED_NANOS;
      plans.values().forEach(PartitionPlan::forgetFlights);
      LOGGER
          .atWarn()
          .addKeyValue("detail", reject.detail())
          .log("The bridge does not speak this agent's version; readings stay on this device");
      return;
    }
    PartitionPlan plan = plans.get(reject.partition());
    if (plan == null) {
      return;
    }
    switch (reject.reason()) {
      case CORRUPT, VERSION -> {
        // Sent again at once.
      }
      case TOO_LARGE, POISON -> {
        if (!plan.halve(reject.firstOffset(), reject.nextOffset())) {
          plan.pause(reject.firstOffset(), reject.nextOffset(), System.nanoTime() + REFUSED_NANOS);
          LOGGER
              .atWarn()
              .addKeyValue("topicName", reject.partition().stream())
              .addKeyValue("offset", reject.firstOffset())
              .addKeyValue("reason", reject.reason().text())
              .addKeyValue("detail", reject.detail())
              .log("The bridge does not take a reading; it stays on this device");
        }
      }
      // The other track may fill the oldest hole meanwhile.
      case BUSY ->
          plan.pause(reject.firstOffset(), reject.nextOffset(), System.nanoTime() + BUSY_NANOS);
      case NO_TOPIC, NOT_ALLOWED -> {
        plan.pauseAll(System.nanoTime() + REFUSED_NANOS); // other streams go on
        LOGGER
            .atWarn()
            .addKeyValue("topicName", reject.partition().stream())
            .addKeyValue("reason", reject.reason().text())
            .addKeyValue("detail", reject.detail())
            .log("The bridge does not take a batch; it stays on this device");
      }
    }
    plan.drop(reject.firstOffset(), reject.nextOffset());
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join(5_000);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    UplinkConnection open = connection;
    if (open != null) {
      open.close();
    }
  }
}
