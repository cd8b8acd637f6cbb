package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.clock.Capture;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a log has promised of readings while it was full, beside what is in it. A stream for each
 * policy; the value of a reading begins with its number.
 */
final class FullLog {
  /** Of one policy. */
  private static final class Promised {
    private final List<Long> acknowledged = new ArrayList<>();
    private int refused;
  }

  private final SplittableRandom random;
  private final String about;
  private final Map<WhenFull, Promised> promised = new LinkedHashMap<>();
  private final AtomicInteger underWay = new AtomicInteger();
  private EdgeLog log;
  private long number;

  FullLog(EdgeLog log, long seed) {
    this.log = log;
    this.random = new SplittableRandom(seed);
    this.about = "seed " + seed;
  }

  void reopened(EdgeLog again) {
    log = again;
  }

  static StreamPartition partition(WhenFull policy) {
    return new StreamPartition(policy.toString().replace(' ', '-'), 0);
  }

  /** Offers a reading; completes with what became of it. */
  CompletableFuture<Append.Outcome> offer(WhenFull policy, String key, int bytes) {
    long mine = number++;
    Promised of = promised.computeIfAbsent(policy, _ -> new Promised());
    byte[] value = new byte[bytes];
    random.nextBytes(value);
    ByteBuffer.wrap(value).putLong(mine);
    var outcome = new CompletableFuture<Append.Outcome>();
    var append =
        new Append(
            partition(policy),
            key.getBytes(StandardCharsets.UTF_8),
            value,
            Capture.ofWall(1, ClockQuality.UNSYNCED),
            "topic",
            "client",
            null,
            Durability.FSYNC,
            policy,
            List.of(),
            told -> {
              synchronized (of) {
                if (told.isTaken()) {
                  of.acknowledged.add(mine);
                } else {
                  assertThat(told).as(about).isEqualTo(Append.Outcome.DISK_FULL);
                  of.refused++;
                }
              }
              underWay.decrementAndGet();
              outcome.complete(told);
            });
    underWay.incrementAndGet();
    assertThat(log.offer(append)).as(about).isTrue();
    return outcome;
  }

  /** As {@link #offer}, and waits. */
  Append.Outcome append(WhenFull policy, int bytes) {
    return offer(policy, "k", bytes).join();
  }

  int refused(WhenFull policy) {
    Promised of = promised.get(policy);
    return of == null ? 0 : of.refused;
  }

  int acknowledged(WhenFull policy) {
    Promised of = promised.get(policy);
    return of == null ? 0 : of.acknowledged.size();
  }

  /** What is in the log of one policy's readings. */
  record Found(List<Long> numbers, List<Gap> gaps) {
    long given(GapReason reason) {
      return gaps.stream()
          .filter(gap -> gap.reason() == reason)
          .mapToLong(gap -> gap.nextOffset() - gap.firstOffset())
          .sum();
    }
  }

  Found found(WhenFull policy) {
    StreamPartition partition = partition(policy);
    var numbers = new ArrayList<Long>();
    var gaps = new ArrayList<Gap>();
    long end = log.ends().getOrDefault(partition, 0L);
    long expected = 0;
    while (expected < end) {
      LogSlice slice = log.read(partition, expected, 500, 1 << 20);
      assertThat(slice.firstOffset()).as(about).isEqualTo(expected);
      assertThat(slice.nextOffset()).as(about).isGreaterThan(expected);
      Set<Long> covered = new HashSet<>();
      for (UplinkRecord record : slice.records()) {
        assertThat(covered.add(record.offset())).as(about).isTrue();
        numbers.add(ByteBuffer.wrap(record.value()).getLong());
      }
      long inGaps = 0;
      for (Gap gap : slice.gaps()) {
        inGaps += gap.nextOffset() - gap.firstOffset();
        gaps.add(gap);
      }
      assertThat(covered.size() + inGaps)
          .as("%s: records and gaps of %s cover the range once", about, slice)
          .isEqualTo(slice.nextOffset() - slice.firstOffset());
      expected = slice.nextOffset();
    }
    return new Found(numbers, gaps);
  }

  /** Holds each promise against what is there. Nothing may be settled yet. */
  void check() {
    for (var entry : promised.entrySet()) {
      WhenFull policy = entry.getKey();
      Promised of = entry.getValue();
      Found found = found(policy);
      String what = about + ", " + policy;
      long given = found.given(GapReason.DISK_FULL) + found.given(GapReason.DECIMATED);
      assertThat(found.numbers()).as(what).isSorted().doesNotHaveDuplicates();
      assertThat(new HashSet<>(of.acknowledged)).as(what).containsAll(found.numbers());
      assertThat(found.numbers().size() + given)
          .as("%s: each acknowledged reading is there or in a gap, and nothing else", what)
          .isEqualTo(of.acknowledged.size())
          .isEqualTo(log.ends().getOrDefault(partition(policy), 0L));
      switch (policy.kind()) {
        case REJECT, CRITICAL -> {
          assertThat(found.gaps()).as(what).isEmpty();
          assertThat(found.numbers()).as(what).isEqualTo(of.acknowledged);
        }
        case DROP_OLDEST -> {
          assertThat(found.given(GapReason.DECIMATED)).as(what).isZero();
          int gone = of.acknowledged.size() - found.numbers().size();
          assertThat(found.numbers())
              .as("%s: the oldest are given up", what)
              .isEqualTo(of.acknowledged.subList(gone, of.acknowledged.size()));
        }
        case DROP_NEWEST -> {
          assertThat(found.given(GapReason.DECIMATED)).as(what).isZero();
          assertThat(of.refused).as(what).isZero();
        }
        case DECIMATE -> assertThat(of.refused).as(what).isZero();
      }
    }
  }

  /** The hub has all. */
  void settleAll() {
    log.ends()
        .forEach((partition, end) -> {
          if (end > 0) {
            log.settle(partition, OffsetRanges.of(0, end));
          }
        });
  }
}
