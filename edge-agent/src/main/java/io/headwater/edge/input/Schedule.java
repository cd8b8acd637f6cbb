package io.headwater.edge.input;

import io.headwater.edge.input.sensor.Fault;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When each input is read, and what becomes of reads that fail or do not end. Has no thread: {@link
 * #poll} is called by one. Only {@link #failed} is for others.
 *
 * <p>An input's times are a grid from its first read on, so a late read does not shift those after
 * it. The inputs of a bus begin in different sixteenths of a second: they keep out of each other's
 * way, and those that share a sixteenth are read, and committed, together.
 *
 * <p>A read has {@code timeout} from its time on, its retries included. Then it is a fault, whether
 * the bus is back or not; it is never waited for.
 */
final class Schedule {
  private static final int SLOTS = 16;
  private static final Duration SPREAD = Duration.ofSeconds(1);

  /** The furthest that the thread may sleep. */
  private static final long LONGEST = Duration.ofSeconds(10).toNanos();

  private enum Kind {
    READ,
    RETRY,
    DEADLINE
  }

  /** Those of one instant come in the order in which they were planned. */
  private record Event(long at, long order, Kind kind, Slot slot, @Nullable Attempt attempt)
      implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(at - other.at, 0);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  /** An input's place. */
  private static final class Slot {
    private final InputRun input;
    private final BusWorker bus;
    private long grid;
    private @Nullable Attempt current;

    private Slot(InputRun input, BusWorker bus, long grid) {
      this.input = input;
      this.bus = bus;
      this.grid = grid;
    }
  }

  private record Failure(Attempt attempt, FaultText fault) {}

  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final Queue<Failure> failures = new ConcurrentLinkedQueue<>();
  private final Map<InputRun, Slot> slots = new HashMap<>();
  private final InputMetrics metrics;
  private final RandomGenerator random;
  private long order;

  Schedule(InputMetrics metrics, RandomGenerator random) {
    this.metrics = metrics;
    this.random = random;
  }

  /** Plans the inputs of a bus, the first of them for now. */
  void add(BusWorker bus, List<InputRun> inputs, long now) {
    for (int i = 0; i < inputs.size(); i++) {
      InputRun input = inputs.get(i);
      long spread =
          Math.min(SPREAD.toNanos(), input.settings().interval().toNanos()) / SLOTS * place(i);
      var slot = new Slot(input, bus, now + spread);
      slots.put(input, slot);
      plan(slot.grid, Kind.READ, slot, null);
    }
  }

  /** Bits in reverse: few inputs are far apart, too. */
  private static int place(int index) {
    return Integer.reverse(index % SLOTS) >>> (Integer.SIZE - Integer.numberOfTrailingZeros(SLOTS));
  }

  /**
   * A read has failed on its bus' thread. Bounded: an input has one read at a time. The caller
   * wakes the thread that polls.
   */
  void failed(Attempt attempt, FaultText fault) {
    failures.add(new Failure(attempt, fault));
  }

  /**
   * Does what is due.
   *
   * @return nanoseconds until there is more to do
   */
  long poll(long now) {
    for (Failure next = failures.poll(); next != null; next = failures.poll()) {
      retryOrReport(next.attempt(), next.fault(), now);
    }
    for (Event next = events.peek(); next != null && next.at() - now <= 0; next = events.peek()) {
      events.remove();
      switch (next.kind()) {
        case READ -> read(next.slot(), next.at(), now);
        case RETRY -> retry(next.slot(), next.attempt());
        case DEADLINE -> deadline(next.slot(), next.attempt());
      }
    }
    Event next = events.peek();
    return next == null ? LONGEST : Math.clamp(next.at() - now, 0, LONGEST);
  }

  private void read(Slot slot, long at, long now) {
    InputSettings settings = slot.input.settings();
    if (slot.current != null) {
      deadline(slot, slot.current);
    }
    long interval = settings.interval().toNanos();
    long missed = Math.max(0, (now - slot.grid) / interval);
    metrics.skipped(missed);
    slot.grid += (missed + 1) * interval;
    long jitter = settings.jitter().toNanos();
    plan(slot.grid + (jitter == 0 ? 0 : random.nextLong(jitter)), Kind.READ, slot, null);
    begin(slot, new Attempt(slot.input, at, at + settings.timeout().toNanos()));
  }

  /** Unless the next read has come first. */
  private void retry(Slot slot, @Nullable Attempt attempt) {
    if (attempt != null && slot.current == attempt) {
      begin(slot, attempt);
    }
  }

  private void begin(Slot slot, Attempt attempt) {
    slot.current = attempt;
    if (slot.bus.isStuck() || !slot.bus.offer(attempt)) {
      attempt.expire();
      slot.current = null;
      slot.input.report().fault(busy(slot));
    } else {
      plan(attempt.deadline(), Kind.DEADLINE, slot, attempt);
    }
  }

  private void deadline(Slot slot, @Nullable Attempt attempt) {
    if (attempt == null) {
      return;
    }
    if (slot.current == attempt) {
      slot.current = null;
    }
    switch (attempt.expire()) {
      case NO -> {}
      case WAITING ->
          slot.input
              .report()
              .fault(Objects.requireNonNullElseGet(attempt.before(), () -> busy(slot)));
      case RUNNING ->
          slot.input
              .report()
              .fault(
                  new FaultText(
                      Fault.TIMEOUT,
                      "no answer within "
                          + slot.input.settings().timeout().toMillis()
                          + " ms on bus "
                          + slot.input.settings().sensor().bus()));
    }
  }

  private static FaultText busy(Slot slot) {
    return new FaultText(
        Fault.BUS_BUSY,
        "bus "
            + slot.input.settings().sensor().bus()
            + " is kept by "
            + slot.bus
                .running()
                .map(holder -> "'" + holder.input().settings().name() + "'")
                .orElse("more reads than it can take"));
  }

  private void retryOrReport(Attempt attempt, FaultText fault, long now) {
    Slot slot = slots.get(attempt.input());
    if (slot == null) {
      return;
    }
    InputSettings settings = attempt.input().settings();
    long at = now + (settings.retryDelay().toNanos() << attempt.number());
    boolean again =
        attempt.number() < settings.retries()
            && at - attempt.deadline() < 0
            && slot.current == attempt
            && slot.input.report().fault().isEmpty();
    if (again) {
      metrics.retried();
      Attempt retry = attempt.retry(at, fault);
      slot.current = retry;
      plan(at, Kind.RETRY, slot, retry);
    } else {
      slot.input.report().fault(fault);
    }
  }

  private void plan(long at, Kind kind, Slot slot, @Nullable Attempt attempt) {
    events.add(new Event(at, order++, kind, slot, attempt));
  }
}
