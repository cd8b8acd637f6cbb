package io.headwater.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.forward.PartitionPlan.Flight;
import io.headwater.edge.forward.PartitionPlan.Range;
import io.headwater.edge.route.SendOrder;
import io.headwater.testsupport.Seed;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.Track;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class PartitionPlanTest {
  private static final long ALL = Long.MAX_VALUE;

  private static PartitionPlan plan(OffsetRanges settled) {
    return new PartitionPlan(settled, Long.MAX_VALUE, 0);
  }

  /** One whose first {@code end} readings have waited. */
  private static PartitionPlan begun(@Nullable SendOrder order, long end, boolean much) {
    PartitionPlan plan = plan(OffsetRanges.EMPTY);
    plan.begin(Optional.ofNullable(order), end, much);
    return plan;
  }

  private static Flight flight(long from, long to, Track track) {
    return new Flight(from, to, track, (int) (to - from), 1, 0);
  }

  @Test
  void liveStartsWhereTheConnectionFoundTheEnd() {
    PartitionPlan plan = begun(null, 100, true);

    assertThat(plan.next(Track.LIVE, 100, ALL)).isEmpty();
    assertThat(plan.next(Track.LIVE, 130, 500)).contains(new Range(100, 130));
    assertThat(plan.next(Track.BACKFILL, 130, 500)).contains(new Range(0, 100));
    assertThat(plan.next(Track.BACKFILL, 130, 30)).contains(new Range(0, 30));
    assertThat(plan.due(Urgency.PROMPT, 130, 0)).contains(Track.LIVE);
    assertThat(plan.due(Urgency.SPARE, 130, 0)).contains(Track.BACKFILL);
  }

  @Test
  void littleThatHasWaitedGoesFirstAndInOrder() {
    PartitionPlan plan = begun(null, 100, false);

    assertThat(plan.due(Urgency.PROMPT, 130, 0)).contains(Track.LIVE);
    assertThat(plan.due(Urgency.SPARE, 130, 0)).isEmpty();
    assertThat(plan.next(Track.LIVE, 130, ALL)).contains(new Range(0, 130));
  }

  @Test
  void oldestFirstKeepsTheOrderHoweverMuchHasWaited() {
    PartitionPlan plan = begun(SendOrder.OLDEST_FIRST, 1_000_000, true);

    assertThat(plan.due(Urgency.SPARE, 1_000_010, 0)).isEmpty();
    assertThat(plan.next(Track.LIVE, 1_000_010, 500)).contains(new Range(0, 500));
  }

  @Test
  void newestFirstGoesBackwardsBatchByBatch() {
    PartitionPlan plan = begun(SendOrder.NEWEST_FIRST, 100, false);

    assertThat(plan.due(Urgency.PROMPT, 130, 0)).contains(Track.LIVE);
    assertThat(plan.next(Track.LIVE, 130, 500)).contains(new Range(100, 130));
    plan.sent(flight(100, 130, Track.LIVE), Urgency.PROMPT);
    assertThat(plan.due(Urgency.PROMPT, 130, 0)).isEmpty();

    assertThat(plan.next(Track.BACKFILL, 130, 40)).contains(new Range(60, 100));
    plan.sent(flight(60, 90, Track.BACKFILL), Urgency.SPARE); // no more bytes fit
    assertThat(plan.next(Track.BACKFILL, 130, 40)).contains(new Range(90, 100));
    plan.sent(flight(90, 100, Track.BACKFILL), Urgency.SPARE);
    assertThat(plan.next(Track.BACKFILL, 130, 40)).contains(new Range(20, 60));
    plan.settle(OffsetRanges.of(10, 60), 130);
    assertThat(plan.next(Track.BACKFILL, 130, 40)).contains(new Range(0, 10));
    plan.settle(OffsetRanges.of(0, 100), 130);
    assertThat(plan.due(Urgency.SPARE, 130, 0)).isEmpty();
  }

  @Test
  void interleavedTracksTakeTurnsWhileBothWait() {
    PartitionPlan plan = begun(SendOrder.interleave(3, 2), 1_000, false);
    var sent = new StringBuilder();
    for (int i = 0; i < 10; i++) {
      Track track = plan.due(Urgency.PROMPT, 2_000, 0).orElseThrow();
      Range range = plan.next(track, 2_000, 10).orElseThrow();
      plan.sent(flight(range.from(), range.to(), track), Urgency.PROMPT);
      sent.append(track == Track.LIVE ? 'L' : 'b');
    }

    assertThat(sent).hasToString("LLLbbLLLbb");
  }

  @Test
  void interleavedBacklogTakesWhatIsLeftWhenNothingIsNew() {
    PartitionPlan plan = begun(SendOrder.interleave(3, 2), 1_000, false);

    assertThat(plan.due(Urgency.PROMPT, 1_000, 0)).isEmpty();
    assertThat(plan.due(Urgency.SPARE, 1_000, 0)).contains(Track.BACKFILL);
  }

  /** A later connection finds a short rest: as live readings these would be out of order. */
  @Test
  void whatWasOvertakenStaysBackfill() {
    PartitionPlan plan = begun(null, 100, true);
    plan.sent(flight(100, 120, Track.LIVE), Urgency.PROMPT);
    plan.settle(OffsetRanges.of(0, 50).add(100, 110), 120);

    plan.begin(Optional.empty(), 130, false);

    assertThat(plan.due(Urgency.PROMPT, 130, 0)).contains(Track.BACKFILL);
    assertThat(plan.next(Track.BACKFILL, 130, ALL)).contains(new Range(50, 100));
    assertThat(plan.next(Track.LIVE, 130, ALL))
        .as("behind what is under way")
        .contains(new Range(120, 130));
    plan.sent(flight(50, 100, Track.BACKFILL), Urgency.PROMPT);
    assertThat(plan.due(Urgency.PROMPT, 130, 0)).contains(Track.LIVE);
  }

  @Test
  void whatIsUnderWayOrSettledDoesNotGoAgain() {
    PartitionPlan plan = plan(OffsetRanges.of(0, 10));
    plan.begin(Optional.empty(), 50, true);
    plan.sent(flight(10, 20, Track.BACKFILL), Urgency.SPARE);
    plan.settle(OffsetRanges.of(30, 35), 50);

    assertThat(plan.next(Track.BACKFILL, 50, ALL)).contains(new Range(20, 30));

    plan.settle(OffsetRanges.of(10, 20), 50);
    assertThat(plan.flights()).isEmpty();
  }

  @Test
  void whatIsNotWrittenYetCannotBeSettled() {
    PartitionPlan plan = plan(OffsetRanges.EMPTY);

    assertThat(plan.settle(OffsetRanges.of(0, 1_000), 10)).isEqualTo(10);

    assertThat(plan.settled()).isEqualTo(OffsetRanges.of(0, 10));
    assertThat(plan.next(Track.LIVE, 12, ALL)).contains(new Range(10, 12));
  }

  /** An answer may speak of what a copy of this log has sent. */
  @Test
  void whatWasNotSentCannotBeSettled() {
    var plan = new PartitionPlan(OffsetRanges.EMPTY, 5, 0);
    plan.sent(flight(5, 10, Track.LIVE), Urgency.PROMPT);

    plan.settle(OffsetRanges.of(0, 50), 100);

    assertThat(plan.settled()).isEqualTo(OffsetRanges.of(0, 10));
  }

  @Test
  void trackThatIsRefusedWaitsWhileTheOtherFillsTheOldestHole() {
    PartitionPlan plan = begun(null, 100, true);
    plan.sent(flight(100, 110, Track.LIVE), Urgency.PROMPT);

    plan.pause(100, 110, 1_000);

    assertThat(plan.due(Urgency.PROMPT, 120, 999)).isEmpty();
    assertThat(plan.due(Urgency.PROMPT, 120, 1_000)).contains(Track.LIVE);
    assertThat(plan.due(Urgency.SPARE, 120, 999)).contains(Track.BACKFILL);
  }

  @Test
  void droppedBatchGoesAgain() {
    PartitionPlan plan = plan(OffsetRanges.EMPTY);
    plan.sent(flight(0, 10, Track.LIVE), Urgency.PROMPT);
    assertThat(plan.next(Track.LIVE, 10, ALL)).isEmpty();

    plan.drop(0, 10);

    assertThat(plan.next(Track.LIVE, 10, ALL)).contains(new Range(0, 10));
  }

  @Test
  void batchesAreSizedByWhatReadingsHaveTaken() {
    PartitionPlan plan = plan(OffsetRanges.EMPTY);
    assertThat(plan.readingsIn(1_000_000)).as("nothing is known yet").isEqualTo(50);

    // 100 readings in 2,000 bytes; the gaps in it count for nothing.
    plan.sent(new Flight(0, 1_000_000, Track.LIVE, 100, 2_000, 0), Urgency.PROMPT);
    assertThat(plan.readingsIn(10_000)).isEqualTo(500);
    assertThat(plan.readingsIn(1)).isEqualTo(1);

    for (int i = 0; i < 20; i++) {
      plan.sent(new Flight(0, 1, Track.LIVE, 10, 2_000, 0), Urgency.PROMPT);
    }
    assertThat(plan.readingsIn(10_000)).as("they have grown").isBetween(50L, 55L);
  }

  @Test
  void batchThatIsRefusedGoesAgainInHalves() {
    PartitionPlan plan = plan(OffsetRanges.EMPTY);
    plan.sent(flight(100, 200, Track.LIVE), Urgency.PROMPT);
    assertThat(plan.halve(100, 200)).isTrue();
    plan.drop(100, 200);

    assertThat(plan.next(Track.LIVE, 1_000, 500)).as("up to it").contains(new Range(0, 100));
    plan.sent(flight(0, 100, Track.LIVE), Urgency.PROMPT);
    assertThat(plan.next(Track.LIVE, 1_000, 500)).contains(new Range(100, 150));
    plan.sent(flight(100, 150, Track.LIVE), Urgency.PROMPT);
    assertThat(plan.next(Track.LIVE, 1_000, 500)).contains(new Range(150, 200));
    plan.sent(flight(150, 200, Track.LIVE), Urgency.PROMPT);
    assertThat(plan.next(Track.LIVE, 1_000, 500))
        .as("behind it as large as ever")
        .contains(new Range(200, 700));
    assertThat(plan.halve(7, 8)).as("a reading alone").isFalse();
  }

  /** In whatever order it goes and however often: only what is poison is ever left alone. */
  @RepeatedTest(40)
  void poisonIsSingledOutAndTheRestSettles() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    int end = 4_000;
    var poison = new BitSet();
    int bad = 1 + random.nextInt(3);
    for (int i = 0; i < bad; i++) {
      poison.set(random.nextInt(end));
    }
    PartitionPlan plan = plan(OffsetRanges.EMPTY);
    plan.begin(drawOrder(random), random.nextInt(end), random.nextBoolean());
    OffsetRanges answer = OffsetRanges.EMPTY;
    var buried = new BitSet();
    int batches = 0;
    var pipe = new ArrayDeque<Flight>();
    while (!plan.settled().covers(0, end) && batches < 1_000) {
      Optional<Track> track = plan.due(Urgency.PROMPT, end, 0);
      if (track.isEmpty()) {
        track = plan.due(Urgency.SPARE, end, 0);
      }
      if (track.isPresent() && plan.flights().size() < 4) {
        Range range = plan.next(track.get(), end, 500).orElseThrow();
        Flight sent = flight(range.from(), range.to(), track.get());
        plan.sent(sent, Urgency.PROMPT);
        pipe.add(sent);
        batches++;
      } else {
        Flight first = pipe.remove();
        int from = (int) first.from();
        int to = (int) first.to();
        int found = poison.nextSetBit(from);
        if (found < 0 || found >= to || to - from == 1) {
          if (found == from && to - from == 1) {
            buried.set(from);
          }
          answer = answer.add(from, to);
          plan.settle(answer, end);
        } else {
          assertThat(plan.halve(from, to)).as("%s", seed).isTrue();
          plan.drop(from, to);
        }
      }
    }
    assertThat(plan.settled()).as("%s", seed).isEqualTo(OffsetRanges.of(0, end));
    assertThat(buried).as("%s", seed).isEqualTo(poison);
    // 8 whole batches and the odd one; 9 halvings of 2 for each that is poison.
    assertThat(batches).as("%s", seed).isLessThanOrEqualTo(12 + bad * 2 * 10);
  }

  private static Optional<SendOrder> drawOrder(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> Optional.of(SendOrder.OLDEST_FIRST);
      case 1 -> Optional.of(SendOrder.NEWEST_FIRST);
      case 2 -> Optional.of(SendOrder.interleave(1 + random.nextInt(3), 1 + random.nextInt(3)));
      default -> Optional.empty();
    };
  }

  /**
   * Whatever is lost, answered late or twice, and in whatever order it goes: all is settled in the
   * end, and nothing skipped. On each track new offsets only rise, but where newest goes first.
   */
  @RepeatedTest(60)
  void lossyPipeSettlesEverything() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    PartitionPlan plan = plan(OffsetRanges.EMPTY);
    Optional<SendOrder> order = drawOrder(random);
    var hub = new BitSet();
    var newest = new EnumMap<Track, Long>(Track.class);
    OffsetRanges answer = OffsetRanges.EMPTY;
    long end = 200;
    var pipe = new ArrayDeque<Flight>();
    plan.begin(order, end, random.nextBoolean());
    for (int step = 0; step < 20_000 && !plan.settled().covers(0, 1_000); step++) {
      switch (random.nextInt(6)) {
        case 0 -> end = Math.min(1_000, end + random.nextInt(20));
        case 1, 2 -> {
          Urgency urgency = random.nextBoolean() ? Urgency.PROMPT : Urgency.SPARE;
          Optional<Track> track = plan.due(urgency, end, step);
          if (track.isPresent() && plan.flights().size() < 4) {
            Range range = plan.next(track.get(), end, 1 + random.nextInt(40)).orElseThrow();
            long to = range.from() + 1 + random.nextLong(range.to() - range.from());
            var flight = new Flight(range.from(), to, track.get(), 1, 1, step);
            plan.sent(flight, urgency);
            pipe.add(flight);
          }
        }
        case 3 -> {
          if (!pipe.isEmpty()) {
            Flight flight = pipe.remove(); // a connection keeps the order
            boolean isNew = !hub.get((int) flight.from());
            hub.set((int) flight.from(), (int) flight.to());
            answer = answer.add(flight.from(), flight.to());
            long before = newest.getOrDefault(flight.track(), -1L);
            newest.put(flight.track(), Math.max(before, flight.to()));
            boolean backwards =
                flight.track() == Track.BACKFILL
                    && order.equals(Optional.of(SendOrder.NEWEST_FIRST));
            if (isNew && !backwards) {
              assertThat(flight.from())
                  .as("%s step %d: %s of order %s", seed, step, flight, order)
                  .isGreaterThanOrEqualTo(before);
            }
          }
        }
        case 4 -> plan.settle(answer, end);
        default -> {
          if (random.nextInt(20) == 0) {
            pipe.clear(); // with the connection; its successor asks for the state first
            plan.forgetFlights();
            plan.settle(answer, end);
            plan.begin(order, end, random.nextBoolean());
          } else if (random.nextInt(10) == 0) {
            plan.forgetFlights(); // a time-out
            plan.settle(answer, end);
          }
        }
      }
      for (OffsetRanges.Range range : plan.settled().ranges()) {
        assertThat(hub.nextClearBit((int) range.from()))
            .as("%s step %d: settled but not in the hub", seed, step)
            .isGreaterThanOrEqualTo((int) range.to());
      }
    }
    assertThat(plan.settled()).as("%s %s", seed, order).isEqualTo(OffsetRanges.of(0, 1_000));
    assertThat(plan.flights()).as("%s", seed).isEmpty();
  }
}
