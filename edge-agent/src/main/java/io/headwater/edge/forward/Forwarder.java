package io.headwater.edge.forward;

import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.LogSlice;
import io.headwater.process.HostPort;
import io.headwater.process.Threads;
import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Credit;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GatewayStatus;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.Reject;
import io.headwater.uplink.Settled;
import io.headwater.uplink.StateRequest;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.Track;
import io.headwater.uplink.UplinkCodec;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries the log to the bridge; see the package comment. State is confined to its thread. */
public final class Forwarder implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Forwarder.class);
  private static final long POLL_MILLIS = 20;
  private static final long RECONNECT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** With its jitter the most that a network that is back goes unnoticed. */
  private static final long LONGEST_RECONNECT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final long LONGEST_ACK_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long STATE_RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long BUSY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Credit FIRST_CREDIT = new Credit(1, 64 << 10);

  private final EdgeLog log;
  private final String gateway;
  private final String version;
  private final ForwarderSettings settings;
  private final Supplier<ClockQuality> clockQuality;
  private final ForwarderMetrics metrics;
  private final LinkedBlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
  private final AtomicBoolean committed = new AtomicBoolean();
  private final Map<StreamPartition, PartitionPlan> plans = new TreeMap<>();
  private final Thread thread;
  private volatile boolean closing;
  private volatile @Nullable String problem;

  private @Nullable UplinkConnection connection;
  private boolean connecting;
  private int nextAddress;
  private long connectAtNanos = System.nanoTime();
  private long reconnectNanos = RECONNECT_NANOS;
  private boolean stateKnown;
  private long stateAskedNanos;
  private long ackTimeoutNanos;
  private long pausedUntilNanos = System.nanoTime();
  private long heartbeatAtNanos = System.nanoTime();
  private int batchRecords;
  private Credit credit = FIRST_CREDIT;

  public Forwarder(
      EdgeLog log,
      String gateway,
      String version,
      ForwarderSettings settings,
      Supplier<ClockQuality> clockQuality,
      MeterRegistry registry) {
    this.log = log;
    this.gateway = gateway;
    this.version = version;
    this.settings = settings;
    this.clockQuality = clockQuality;
    this.metrics = new ForwarderMetrics(registry);
    this.ackTimeoutNanos = settings.ackTimeout().toNanos();
    this.batchRecords = settings.batchRecords();
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
    UplinkConnection open = connection;
    if (open == null) {
      if (!connecting && now - connectAtNanos >= 0 && !settings.bridges().isEmpty()) {
        connect();
      }
      return;
    }
    if (now - heartbeatAtNanos >= 0) {
      heartbeatAtNanos = now + settings.heartbeat().toNanos();
      open.sendStatus(UplinkCodec.encode(status()));
    }
    if (problem != null) {
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
      ackTimeoutNanos = Math.min(ackTimeoutNanos * 2, LONGEST_ACK_TIMEOUT_NANOS);
      askForState(open, now);
      return;
    }
    if (now - pausedUntilNanos >= 0) {
      send(open, Track.LIVE);
      send(open, Track.BACKFILL);
    }
  }

  private boolean oldestFlightIsLate(long now) {
    return plans.values().stream()
        .flatMap(plan -> plan.flights().stream())
        .anyMatch(flight -> now - flight.sentNanos() > ackTimeoutNanos);
  }

  private void connect() {
    connecting = true;
    HostPort address = settings.bridges().get(nextAddress % settings.bridges().size());
    nextAddress++;
    UplinkConnection.connect(address, gateway, version, bytes -> events.add(() -> answered(bytes)))
        .whenComplete((made, failure) ->
            events.add(() -> {
              connecting = false;
              if (made == null) {
                LOGGER
                    .atDebug()
                    .addKeyValue("address", address)
                    .addKeyValue("error", failure)
                    .log("No connection to the bridge");
                retryLater();
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
    reconnectNanos = RECONNECT_NANOS;
    credit = FIRST_CREDIT;
    heartbeatAtNanos = System.nanoTime();
    boolean liveFirst = log.depth() > settings.liveFirstAbove();
    log.ends()
        .forEach((partition, end) ->
            plans
                .computeIfAbsent(partition, _ -> new PartitionPlan(log.settled(partition), end))
                .reconnect(liveFirst ? end : 0));
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
    metrics.connected(false);
    plans.values().forEach(plan -> plan.flights().clear());
    retryLater();
  }

  /** With jitter, so that a fleet does not come back in one wave. */
  private void retryLater() {
    long jittered = (long) (reconnectNanos * ThreadLocalRandom.current().nextDouble(0.5, 1.5));
    connectAtNanos = System.nanoTime() + jittered;
    reconnectNanos = Math.min(reconnectNanos * 2, LONGEST_RECONNECT_NANOS);
  }

  /**
   * The answer tells what is settled. Everything else goes again from the first missing reading on:
   * what is under way may be lost, and what would follow it now would overtake it.
   */
  private void askForState(UplinkConnection open, long now) {
    stateKnown = false;
    plans.values().forEach(plan -> plan.flights().clear());
    stateAskedNanos = now;
    open.sendStateRequest(
        UplinkCodec.encode(new StateRequest(gateway, log.epoch(), log.incarnations(), version)));
  }

  private GatewayStatus status() {
    return new GatewayStatus(gateway, true, version, log.depth(), -1, clockQuality.get());
  }

  private void send(UplinkConnection open, Track track) {
    boolean sent = true;
    while (sent) {
      sent = false;
      for (var entry : log.ends().entrySet()) {
        if (!hasCredit()) {
          return;
        }
        PartitionPlan plan =
            plans.computeIfAbsent(
                entry.getKey(),
                // A partition that was made after the connection is live as a whole.
                partition -> new PartitionPlan(log.settled(partition), 0));
        sent |= sendNext(open, entry.getKey(), entry.getValue(), plan, track);
      }
    }
  }

  private boolean hasCredit() {
    int batches = 0;
    long bytes = 0;
    for (PartitionPlan plan : plans.values()) {
      batches += plan.flights().size();
      for (PartitionPlan.Flight flight : plan.flights()) {
        bytes += flight.bytes();
      }
    }
    return batches < Math.max(1, credit.batches())
        && (batches == 0 || bytes + settings.batchSize().bytes() <= credit.bytes());
  }

  private boolean sendNext(
      UplinkConnection open, StreamPartition partition, long end, PartitionPlan plan, Track track) {
    Optional<PartitionPlan.Range> range = plan.next(track, 0, end);
    if (range.isEmpty()) {
      return false;
    }
    long from = range.get().from();
    long want = Math.min(batchRecords, range.get().to() - from);
    LogSlice slice = log.read(partition, from, (int) want, (int) settings.batchSize().bytes());
    if (slice.isEmpty()) {
      return false;
    }
    byte[] frame = UplinkCodec.encode(batch(partition, track, clip(slice, range.get().to())), true);
    open.sendBatch(frame);
    metrics.sent();
    plan.sent(
        new PartitionPlan.Flight(
            from,
            Math.min(slice.nextOffset(), range.get().to()),
            track,
            frame.length,
            System.nanoTime()));
    return true;
  }

  /** A gap may reach beyond the range that is free. */
  private static LogSlice clip(LogSlice slice, long to) {
    if (slice.nextOffset() <= to) {
      return slice;
    }
    var gaps =
        slice.gaps().stream()
            .filter(gap -> gap.firstOffset() < to)
            .map(gap ->
                new Gap(
                    gap.firstOffset(),
                    Math.min(gap.nextOffset(), to),
                    gap.reason(),
                    gap.kept(),
                    gap.total()))
            .toList();
    var records = slice.records().stream().filter(record -> record.offset() < to).toList();
    return new LogSlice(slice.firstOffset(), to, records, gaps);
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

  private void answered(byte[] bytes) {
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
    credit = answer.credit();
    switch (answer.verdict()) {
      case KNOWN -> stateKnown = true;
      case ASK_FOR_STATE -> askForState(open, System.nanoTime());
      case COPY -> {
        problem =
            "this log is a copy or a restored image of one that has gone on elsewhere; move "
                + "the log folder away so that a new one begins";
        LOGGER.atError().log("Forwarding stops: the bridge knows a newer life of this log");
      }
    }
    settle(answer);
    answer.rejects().forEach(this::rejected);
  }

  private void settle(Answer answer) {
    long now = System.nanoTime();
    for (Settled settled : answer.settled()) {
      PartitionPlan plan =
          plans.computeIfAbsent(
              settled.partition(), partition -> new PartitionPlan(log.settled(partition), 0));
      plan.flights().stream()
          .filter(flight -> settled.ranges().covers(flight.from(), flight.to()))
          .forEach(flight -> metrics.answered(now - flight.sentNanos()));
      long end = log.ends().getOrDefault(settled.partition(), 0L);
      long newly = plan.settle(settled.ranges(), end);
      if (newly > 0) {
        metrics.settled(newly);
        log.settle(settled.partition(), plan.settled());
        ackTimeoutNanos = settings.ackTimeout().toNanos();
        batchRecords = Math.min(settings.batchRecords(), Math.max(batchRecords * 2, 1));
      }
    }
  }

  private void rejected(Reject reject) {
    metrics.rejected(reject.reason().text());
    PartitionPlan plan = plans.get(reject.partition());
    if (plan == null) {
      return;
    }
    plan.drop(reject.firstOffset(), reject.nextOffset());
    switch (reject.reason()) {
      case CORRUPT -> {
        // Sent again at once.
      }
      case TOO_LARGE, POISON -> batchRecords = Math.max(1, batchRecords / 2);
      case BUSY -> pausedUntilNanos = System.nanoTime() + BUSY_NANOS;
      case VERSION, NO_TOPIC, NOT_ALLOWED -> {
        pausedUntilNanos = System.nanoTime() + 10 * BUSY_NANOS;
        LOGGER
            .atWarn()
            .addKeyValue("topicName", reject.partition().stream())
            .addKeyValue("reason", reject.reason().text())
            .addKeyValue("detail", reject.detail())
            .log("The bridge does not take a batch; it stays on this device");
      }
    }
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
