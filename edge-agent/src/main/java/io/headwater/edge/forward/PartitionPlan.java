package io.headwater.edge.forward;

import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.Track;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What of one partition is settled, what is under way, and what goes next. No time, no network;
 * confined to the forwarder's thread.
 */
final class PartitionPlan {
  /**
   * A batch under way.
   *
   * @param sentNanos by {@link System#nanoTime()}
   */
  record Flight(long from, long to, Track track, long bytes, long sentNanos) {}

  /** What may go next. */
  record Range(long from, long to) {}

  private final List<Flight> flights = new ArrayList<>();
  private OffsetRanges settled;
  private long liveFrom;
  private long sentEnd;
  private long liveAtNanos;
  private long backfillAtNanos;

  /**
   * @param sentEnd end of what may have been sent already: by openings of the log before this one
   */
  PartitionPlan(OffsetRanges settled, long liveFrom, long sentEnd, long nowNanos) {
    this.settled = settled;
    this.liveFrom = liveFrom;
    this.sentEnd = sentEnd;
    this.liveAtNanos = nowNanos;
    this.backfillAtNanos = nowNanos;
  }

  boolean mayGo(Track track, long nowNanos) {
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
    return flights;
  }

  /**
   * A new connection: nothing is under way.
   *
   * @param firstLive what comes before is backfill; 0 if nothing shall be overtaken
   */
  void reconnect(long firstLive) {
    flights.clear();
    liveFrom = firstLive;
  }

  /** The next range of a track that is neither settled nor under way. */
  Optional<Range> next(Track track, long start, long end) {
    long low = track == Track.LIVE ? Math.max(liveFrom, start) : start;
    long high = track == Track.LIVE ? end : Math.min(liveFrom, end);
    long from = low;
    while (from < high) {
      long free = skipFlights(settled.firstMissing(from));
      if (free == from) {
        break;
      }
      from = free;
    }
    if (from >= high) {
      return Optional.empty();
    }
    long to = settled.endOfHole(from, high);
    for (Flight flight : flights) {
      if (flight.from() > from) {
        to = Math.min(to, flight.from());
      }
    }
    return Optional.of(new Range(from, to));
  }

  private long skipFlights(long offset) {
    for (Flight flight : flights) {
      if (flight.from() <= offset && offset < flight.to()) {
        return flight.to();
      }
    }
    return offset;
  }

  void sent(Flight flight) {
    flights.add(flight);
    sentEnd = Math.max(sentEnd, flight.to());
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
    return settled.count(0, Long.MAX_VALUE) - before.count(0, Long.MAX_VALUE);
  }

  /** A batch was not taken: it is free to go again. */
  void drop(long from, long to) {
    flights.removeIf(flight -> flight.from() < to && from < flight.to());
  }
}
