package io.headwater.edge.forward;

import io.headwater.edge.route.SendOrder;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.Track;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What of one partition is settled, what is under way, and what goes next. No time, no network;
 * confined to the forwarder's thread.
 *
 * <p>On each track offsets ascend, but for the backfill of a stream that goes newest first: that
 * descends from batch to batch, and ascends within each.
 */
final class PartitionPlan {
  /**
   * A batch under way.
   *
   * @param readings in it; the rest are gaps
   * @param bytes as it travels
   * @param sentNanos by {@link System#nanoTime()}
   */
  record Flight(long from, long to, Track track, int readings, long bytes, long sentNanos) {}

  /** What may go next. */
  record Range(long from, long to) {}

  /**
   * A batch that was refused for what is in it, and holds it still.
   *
   * @param most offsets that a batch of it may span now
   */
  private record Suspect(long from, long to, long most) {
    boolean contains(long offset) {
      return from <= offset && offset < to;
    }
  }

  /** Of the first batch, before any has told how much a reading takes. */
  private static final int FIRST_READINGS = 50;

  private static final double FADES = 0.8;

  private final List<Flight> flights = new ArrayList<>();
  private final List<Suspect> suspects = new ArrayList<>();
  private OffsetRanges settled;
  private @Nullable OffsetRanges taken;
  private Optional<SendOrder> order = Optional.empty();
  private boolean backfillFirst;
  private long liveFrom;
  private int turn;
  private long sentEnd;

  /** Of the last batches, the newest ones most. */
  private double sentBytes;

  private double sentReadings;
  private long liveAtNanos;
  private long backfillAtNanos;

  /**
   * All of it is live until {@link #begin} says otherwise.
   *
   * @param sentEnd end of what may have been sent already: by openings of the log before this one
   */
  PartitionPlan(OffsetRanges settled, long sentEnd, long nowNanos) {
    this.settled = settled;
    this.sentEnd = sentEnd;
    this.liveAtNanos = nowNanos;
    this.backfillAtNanos = nowNanos;
  }

  private boolean mayGo(Track track, long nowNanos) {
    return nowNanos - (track == Track.LIVE ? liveAtNanos : backfillAtNanos) >= 0;
  }

  /** The bridge does not take these now: not to be tried before a time. */
  void pause(long from, long to, long untilNanos) {
    boolean backfill =
        flights.stream()
            .anyMatch(flight ->
                flight.track() == Track.BACKFILL && flight.from() < to && from < flight.to());
    if (backfill) {
      backfillAtNanos = untilNanos;
    } else {
      liveAtNanos = untilNanos;
    }
  }

  void pauseAll(long untilNanos) {
    liveAtNanos = untilNanos;
    backfillAtNanos = untilNanos;
  }

  OffsetRanges settled() {
    return settled;
  }

  List<Flight> flights() {
    return List.copyOf(flights);
  }

  Optional<SendOrder> order() {
    return order;
  }

  /** What was under way may be lost: whatever is not settled goes again. */
  void forgetFlights() {
    flights.clear();
    taken = null;
  }

  /**
   * Divides what there is into what has waited, and what is new. What later readings have overtaken
   * already stays backfill, whatever is wanted now: among them it would be out of order.
   *
   * @param wanted the stream's; without one what has waited is overtaken if that is much
   * @param end what comes before has waited
   * @param much whether much has waited in all
   */
  void begin(Optional<SendOrder> wanted, long end, boolean much) {
    order = wanted;
    turn = 0;
    boolean inOrder = order.map(each -> each.kind() == SendOrder.Kind.OLDEST_FIRST).orElse(!much);
    backfillFirst = inOrder;
    liveFrom = inOrder ? overtakenBelow() : Math.max(end, overtakenBelow());
  }

  /** 0 if nothing is sent or settled behind a hole. */
  private long overtakenBelow() {
    List<OffsetRanges.Range> ranges = taken().ranges();
    boolean isPrefix = ranges.isEmpty() || (ranges.size() == 1 && ranges.getFirst().from() == 0);
    return isPrefix ? 0 : ranges.getLast().to();
  }

  /** Which track has a batch that may go, and is of this urgency. */
  Optional<Track> due(Urgency urgency, long end, long nowNanos) {
    boolean live = mayGo(Track.LIVE, nowNanos) && next(Track.LIVE, end, 1).isPresent();
    boolean backfill = mayGo(Track.BACKFILL, nowNanos) && next(Track.BACKFILL, end, 1).isPresent();
    if (urgency == Urgency.SPARE) {
      return backfill ? Optional.of(Track.BACKFILL) : Optional.empty();
    }
    if (backfill && (backfillFirst || (live && isTurnOfBackfill()))) {
      return Optional.of(Track.BACKFILL);
    }
    return live ? Optional.of(Track.LIVE) : Optional.empty();
  }

  private boolean isTurnOfBackfill() {
    return order
        .filter(each -> each.kind() == SendOrder.Kind.INTERLEAVE)
        .map(each -> turn >= each.live())
        .orElse(false);
  }

  /** The next range of a track that is neither settled nor under way. */
  Optional<Range> next(Track track, long end, long most) {
    if (track == Track.LIVE) {
      return firstHole(liveFrom, end, most);
    }
    long high = Math.min(liveFrom, end);
    boolean backwards = order.map(each -> each.kind() == SendOrder.Kind.NEWEST_FIRST).orElse(false);
    return backwards ? lastHole(high, most) : firstHole(0, high, most);
  }

  private Optional<Range> firstHole(long low, long high, long most) {
    long from = taken().firstMissing(low);
    if (from >= high) {
      return Optional.empty();
    }
    long to = from + Math.min(taken().endOfHole(from, high) - from, most);
    for (Suspect suspect : suspects) {
      if (suspect.contains(from)) {
        to = Math.min(to, Math.min(suspect.to, from + suspect.most));
      } else if (from < suspect.from && suspect.from < to) {
        to = suspect.from;
      }
    }
    return Optional.of(new Range(from, to));
  }

  private Optional<Range> lastHole(long high, long most) {
    long from = 0;
    long to = high;
    for (OffsetRanges.Range range : taken().ranges().reversed()) {
      if (range.from() < to && to <= range.to()) {
        to = range.from();
      } else if (range.to() < to) {
        from = range.to();
        break;
      }
    }
    if (from >= to) {
      return Optional.empty();
    }
    from = Math.max(from, to - most);
    for (Suspect suspect : suspects) {
      if (suspect.contains(to - 1)) {
        from = Math.max(from, Math.max(suspect.from, to - suspect.most));
      } else if (from < suspect.to && suspect.to < to) {
        from = suspect.to;
      }
    }
    return Optional.of(new Range(from, to));
  }

  /** What is settled or under way. */
  private OffsetRanges taken() {
    OffsetRanges known = taken;
    if (known == null) {
      known = settled;
      for (Flight flight : flights) {
        known = known.add(flight.from(), flight.to());
      }
      taken = known;
    }
    return known;
  }

  void sent(Flight flight, Urgency urgency) {
    flights.add(flight);
    taken = null;
    sentEnd = Math.max(sentEnd, flight.to());
    if (flight.readings() > 0) { // gaps tell nothing of how much a reading takes
      sentBytes = FADES * sentBytes + flight.bytes();
      sentReadings = FADES * sentReadings + flight.readings();
    }
    if (urgency == Urgency.PROMPT) {
      turn = (turn + 1) % order.map(each -> Math.max(1, each.live() + each.backfill())).orElse(1);
    }
  }

  /** How many readings take so many bytes, compressed; at least 1. */
  long readingsIn(long bytes) {
    return sentReadings == 0
        ? FIRST_READINGS
        : Math.max(1, (long) (bytes * (sentReadings / sentBytes)));
  }

  /**
   * Takes the bridge's word; settled ranges only grow. What was never sent cannot be settled,
   * whatever an answer says: it speaks of the readings of a copy of this log.
   *
   * @param end the log's
   * @return how many offsets became settled
   */
  long settle(OffsetRanges answered, long end) {
    OffsetRanges before = settled;
    settled = settled.union(answered.below(Math.min(end, sentEnd)));
    flights.removeIf(flight -> settled.covers(flight.from(), flight.to()));
    suspects.removeIf(suspect -> settled.covers(suspect.from, suspect.to));
    taken = null;
    return settled.count(0, Long.MAX_VALUE) - before.count(0, Long.MAX_VALUE);
  }

  /**
   * A batch was refused for what is in it: it goes again in halves, and so on, until what nobody
   * takes is alone. Others go as large as ever.
   *
   * @return false if it cannot be halved any more
   */
  boolean halve(long from, long to) {
    if (to - from <= 1) {
      return false;
    }
    suspects.removeIf(suspect -> from <= suspect.from && suspect.to <= to);
    suspects.add(new Suspect(from, to, Math.ceilDiv(to - from, 2)));
    return true;
  }

  /** A batch was not taken: it is free to go again. */
  void drop(long from, long to) {
    flights.removeIf(flight -> flight.from() < to && from < flight.to());
    taken = null;
  }
}
