package io.headwater.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.forward.PartitionPlan.Flight;
import io.headwater.edge.forward.PartitionPlan.Range;
import io.headwater.testsupport.Seed;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.Track;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class PartitionPlanTest {
  @Test
  void liveStartsWhereTheConnectionFoundTheEnd() {
    var plan = new PartitionPlan(OffsetRanges.EMPTY, 0, Long.MAX_VALUE, 0);
    plan.reconnect(100);

    assertThat(plan.next(Track.LIVE, 0, 100)).isEmpty();
    assertThat(plan.next(Track.LIVE, 0, 130)).contains(new Range(100, 130));
    assertThat(plan.next(Track.BACKFILL, 0, 130)).contains(new Range(0, 100));
  }

  @Test
  void whatIsUnderWayOrSettledDoesNotGoAgain() {
    var plan = new PartitionPlan(OffsetRanges.of(0, 10), 0, Long.MAX_VALUE, 0);
    plan.reconnect(50);
    plan.sent(new Flight(10, 20, Track.BACKFILL, 1, 0));
    plan.settle(OffsetRanges.of(30, 35), 50);

    assertThat(plan.next(Track.BACKFILL, 0, 50)).contains(new Range(20, 30));

    plan.settle(OffsetRanges.of(10, 20), 50);
    assertThat(plan.flights()).isEmpty();
  }

  @Test
  void whatIsNotWrittenYetCannotBeSettled() {
    var plan = new PartitionPlan(OffsetRanges.EMPTY, 0, Long.MAX_VALUE, 0);

    assertThat(plan.settle(OffsetRanges.of(0, 1_000), 10)).isEqualTo(10);

    assertThat(plan.settled()).isEqualTo(OffsetRanges.of(0, 10));
    assertThat(plan.next(Track.LIVE, 0, 12)).contains(new Range(10, 12));
  }

  /** An answer may speak of what a copy of this log has sent. */
  @Test
  void whatWasNotSentCannotBeSettled() {
    var plan = new PartitionPlan(OffsetRanges.EMPTY, 0, 5, 0);
    plan.sent(new Flight(5, 10, Track.LIVE, 1, 0));

    plan.settle(OffsetRanges.of(0, 50), 100);

    assertThat(plan.settled()).isEqualTo(OffsetRanges.of(0, 10));
  }

  @Test
  void trackThatIsRefusedWaitsWhileTheOtherFillsTheOldestHole() {
    var plan = new PartitionPlan(OffsetRanges.EMPTY, 0, 0, 0);
    plan.reconnect(100);
    plan.sent(new Flight(100, 110, Track.LIVE, 1, 0));

    plan.pause(100, 110, 1_000);

    assertThat(plan.mayGo(Track.LIVE, 999)).isFalse();
    assertThat(plan.mayGo(Track.LIVE, 1_000)).isTrue();
    assertThat(plan.mayGo(Track.BACKFILL, 999)).isTrue();
  }

  @Test
  void droppedBatchGoesAgain() {
    var plan = new PartitionPlan(OffsetRanges.EMPTY, 0, Long.MAX_VALUE, 0);
    plan.sent(new Flight(0, 10, Track.LIVE, 1, 0));
    assertThat(plan.next(Track.LIVE, 0, 10)).isEmpty();

    plan.drop(0, 10);

    assertThat(plan.next(Track.LIVE, 0, 10)).contains(new Range(0, 10));
  }

  /** Whatever is lost, answered late or twice: all is settled in the end, and nothing skipped. */
  @RepeatedTest(30)
  void lossyPipeSettlesEverything() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var plan = new PartitionPlan(OffsetRanges.EMPTY, 0, Long.MAX_VALUE, 0);
    var hub = new BitSet();
    OffsetRanges answer = OffsetRanges.EMPTY;
    long end = 200;
    var pipe = new ArrayList<Flight>();
    plan.reconnect(end);
    for (int step = 0; step < 5_000 && !plan.settled().covers(0, 1_000); step++) {
      switch (random.nextInt(6)) {
        case 0 -> end = Math.min(1_000, end + random.nextInt(20));
        case 1, 2 -> {
          Track track = random.nextBoolean() ? Track.LIVE : Track.BACKFILL;
          Optional<Range> next = plan.next(track, 0, end);
          if (next.isPresent() && plan.flights().size() < 4) {
            long to = Math.min(next.get().to(), next.get().from() + 1 + random.nextInt(40));
            var flight = new Flight(next.get().from(), to, track, 1, step);
            plan.sent(flight);
            if (random.nextInt(4) != 0) {
              pipe.add(flight);
            }
          }
        }
        case 3 -> {
          if (!pipe.isEmpty()) {
            Flight flight = pipe.remove(random.nextInt(pipe.size()));
            hub.set((int) flight.from(), (int) flight.to());
            answer = answer.add(flight.from(), flight.to());
          }
        }
        case 4 -> plan.settle(answer, end);
        default -> {
          if (random.nextInt(20) == 0) {
            plan.reconnect(end);
            pipe.clear();
          } else if (random.nextInt(10) == 0) {
            plan.flights().clear(); // a time-out
          }
        }
      }
      for (OffsetRanges.Range range : plan.settled().ranges()) {
        assertThat(hub.nextClearBit((int) range.from()))
            .as("%s step %d: settled but not in the hub", seed, step)
            .isGreaterThanOrEqualTo((int) range.to());
      }
    }
    assertThat(plan.settled()).as("%s", seed).isEqualTo(OffsetRanges.of(0, 1_000));
    assertThat(List.copyOf(plan.flights())).as("%s", seed).isEmpty();
  }
}
