package io.headwater.sim.fleet;

import io.headwater.sim.judge.Ledger;
import io.headwater.sim.reading.Reading;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;

/**
 * One simulated device: publishes what its schedule asks for, and again what was not acknowledged.
 * Confined to its event loop.
 */
final class Device implements Link.Owner {
  private static final long RECONNECT_FIRST_MS = 100;
  private static final long RECONNECT_MOST_MS = 2_000;
  private static final long REFUSED_PAUSE_MS = 1_000;

  private final String name;
  private final FleetSettings settings;
  private final Ledger.Account account;
  private final FleetCounters counters;
  private final Pacer pacer;
  private final LongUnaryOperator wallMs;
  private final SplittableRandom random;
  private final Schedule schedule;
  private final Link link;
  private final boolean acknowledges;

  /** Published and not acknowledged, by sequence. */
  private final ArrayDeque<Delivery> pending = new ArrayDeque<>();

  /** Of those, how many wait for a new attempt. */
  private int waiting;

  private long nextSequence = 1;
  private double nextBeat;

  /** In the pacer's heap. */
  private boolean awaited;

  /** Something else than the clock decides when the next reading goes out. */
  private boolean blocked = true;

  private boolean connected;
  private boolean closed;
  private boolean reconnectAtOnce;
  private int receiveMaximum;
  private long openedNanos;
  private long reconnectMs = RECONNECT_FIRST_MS;

  /**
   * @param wallMs the wall clock's milliseconds at a {@link System#nanoTime}
   */
  Device(
      String name,
      FleetSettings settings,
      Ledger.Account account,
      FleetCounters counters,
      Pacer pacer,
      LongUnaryOperator wallMs,
      Link.Factory links,
      SplittableRandom random) {
    this.name = name;
    this.settings = settings;
    this.account = account;
    this.counters = counters;
    this.pacer = pacer;
    this.wallMs = wallMs;
    this.random = random;
    acknowledges = settings.protocol().qos() > 0;
    schedule = Schedule.of(settings.pace().jitter(), random);
    nextBeat = schedule.beat(nextSequence);
    link = links.link(name, this, pacer);
  }

  Pacer pacer() {
    return pacer;
  }

  void open() {
    if (!closed) {
      openedNanos = System.nanoTime();
      link.open();
    }
  }

  /** Breaks the connection; the next follows at once. */
  void drop() {
    if (connected) {
      reconnectAtOnce = true;
      link.breakOff();
    }
  }

  /** Whether everything of the schedule is published and acknowledged. */
  boolean idle() {
    return pending.isEmpty() && nextBeat > pacer.tempo().beatAt(System.nanoTime());
  }

  void close() {
    closed = true;
    if (connected) {
      connected = false;
      counters.connected.decrementAndGet();
    }
    link.close();
  }

  /** The pacer's call: the next reading is due. */
  void wake() {
    awaited = false;
    publishDue();
  }

  /** Once a second: gives up what takes too long. */
  void tick(long now) {
    long limit = settings.pace().acknowledgeWithin().toNanos();
    if (closed) {
      return;
    }
    if (now - (connected ? oldestSent(now) : openedNanos) > limit) {
      link.breakOff();
    } else {
      link.tick(now);
    }
  }

  private long oldestSent(long otherwise) {
    for (Delivery delivery : pending) {
      if (!delivery.waits) {
        return delivery.sentNanos;
      }
    }
    return otherwise;
  }

  private void publishDue() {
    double beat = pacer.tempo().beatAt(System.nanoTime());
    // What has become due while something was in the way says nothing about the pacer.
    double heldUntil = blocked ? beat : -1;
    boolean wrote = waiting > 0 && connected;
    blocked = !connected || !publishAgain();
    long first = nextSequence;
    while (!blocked && nextBeat <= beat) {
      if (hasRoom()) {
        publishNew();
      } else {
        blocked = true;
      }
    }
    if (wrote || nextSequence > first) {
      link.flush();
      count(first, heldUntil);
    }
    if (!blocked && !awaited) {
      awaited = true;
      pacer.await(nextBeat, this);
    }
  }

  /** Oldest first; false if one has to go on waiting, and everything new behind it. */
  private boolean publishAgain() {
    if (waiting == 0) {
      return true;
    }
    for (Delivery delivery : pending) {
      if (delivery.waits) {
        if (System.nanoTime() - delivery.notBeforeNanos < 0 || !mayPublish()) {
          return false;
        }
        waiting--;
        delivery.waits = false;
        publish(delivery);
      }
    }
    return true;
  }

  private boolean hasRoom() {
    return pending.size() < settings.pace().window() && mayPublish();
  }

  private boolean mayPublish() {
    return pending.size() - waiting < receiveMaximum && link.isWritable();
  }

  private void publishNew() {
    var delivery = new Delivery(nextSequence, pacer.tempo().nanosAt(nextBeat));
    if (acknowledges) {
      pending.addLast(delivery);
      counters.inFlight.increment();
    }
    publish(delivery);
    nextBeat = schedule.beat(++nextSequence);
  }

  private void publish(Delivery delivery) {
    delivery.attempt++;
    delivery.sentNanos = System.nanoTime();
    account.published(delivery.sequence, delivery.attempt);
    link.publish(delivery);
  }

  private void count(long first, double heldUntil) {
    long now = System.nanoTime();
    for (long sequence = first; sequence < nextSequence; sequence++) {
      double beat = schedule.beat(sequence);
      if (beat <= heldUntil) {
        counters.heldBack.increment();
      } else {
        counters.scheduleErrors.record(now - pacer.tempo().nanosAt(beat));
      }
    }
  }

  @Override
  public byte[] payload(Delivery delivery) {
    return new Reading(
            name,
            delivery.sequence,
            delivery.attempt,
            wallMs.applyAsLong(delivery.dueNanos),
            temperature(delivery.sequence))
        .encode();
  }

  /** A day's wave around 21 °C with some noise, two decimals. */
  private static String temperature(long sequence) {
    long hundredths =
        2100 + Math.round(300 * Math.sin(sequence / 200.0)) + Math.floorMod(sequence * 7919, 41);
    long fraction = hundredths % 100;
    return hundredths / 100 + (fraction < 10 ? ".0" : ".") + fraction;
  }

  @Override
  public void opened(boolean continued, int receiveMaximum) {
    if (closed) {
      return;
    }
    connected = true;
    this.receiveMaximum = receiveMaximum;
    reconnectMs = RECONNECT_FIRST_MS;
    counters.connected.incrementAndGet();
    if (!continued) {
      pending.forEach(delivery -> wait(delivery, 0));
    }
    publishDue();
  }

  private void wait(Delivery delivery, long millis) {
    if (!delivery.waits) {
      delivery.waits = true;
      waiting++;
    }
    delivery.notBeforeNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  @Override
  public void acknowledged(Delivery delivery) {
    blocked |= !hasRoom();
    if (pending.peekFirst() == delivery) {
      pending.removeFirst();
    } else {
      pending.remove(delivery);
    }
    counters.inFlight.decrement();
    account.acknowledged(delivery.sequence, delivery.attempt);
    counters.latencies.record(System.nanoTime() - delivery.dueNanos);
  }

  @Override
  public void refused(Delivery delivery, int reasonCode) {
    counters.refused(reasonCode);
    wait(delivery, REFUSED_PAUSE_MS);
    pacer.loop().schedule(this::publishDue, REFUSED_PAUSE_MS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void failed(Delivery delivery) {
    wait(delivery, 0);
    blocked = true;
  }

  @Override
  public void ready() {
    if (blocked && connected) {
      publishDue();
    }
  }

  @Override
  public void closed(Failure why) {
    if (closed) {
      return;
    }
    blocked = true;
    counters.failure.set(why);
    if (connected) {
      connected = false;
      counters.connected.decrementAndGet();
      counters.connectionsLost.increment();
    }
    if (reconnectAtOnce) {
      reconnectAtOnce = false;
      pacer.loop().execute(this::open);
    } else {
      long wait = reconnectMs / 2 + random.nextLong(reconnectMs / 2 + 1);
      reconnectMs = Math.min(RECONNECT_MOST_MS, reconnectMs * 2);
      pacer.loop().schedule(this::open, wait, TimeUnit.MILLISECONDS);
    }
  }
}
