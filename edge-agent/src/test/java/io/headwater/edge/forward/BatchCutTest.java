package io.headwater.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.log.LogSlice;
import io.headwater.edge.route.SendOrder;
import io.headwater.uplink.Batch;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.Track;
import io.headwater.uplink.UplinkCodec;
import io.headwater.uplink.UplinkRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Batches of a log whose newest file was lost: rows, a hole of 2^32 offsets, rows. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class BatchCutTest {
  private static final long HOLE_FROM = 100;
  private static final long HOLE_TO = HOLE_FROM + (1L << 32);
  private static final long END = HOLE_TO + 60;
  private static final int MOST = 50;

  /** Whether a file ends with the hole, as one does whose readings gave way to newer ones. */
  private boolean endsWithHole;

  /** Reads end at the hole's begin, as where a file ends, and where a batch could go no further. */
  private LogSlice read(long from, int maxRecords, int maxBytes) {
    assertThat(maxBytes).isPositive();
    var records = new ArrayList<UplinkRecord>();
    var gaps = new ArrayList<Gap>();
    long next = from;
    if (HOLE_FROM <= from && from < HOLE_TO) {
      gaps.add(new Gap(from, HOLE_TO, GapReason.CORRUPT, 0, HOLE_TO - from));
      next = HOLE_TO;
    }
    boolean endsThere = next == HOLE_TO && (endsWithHole || next - from > Batch.FARTHEST);
    long end = next < HOLE_FROM ? HOLE_FROM : endsThere && from < HOLE_TO ? next : END;
    while (next < end && records.size() < maxRecords) {
      records.add(
          new UplinkRecord(next, 1, ClockQuality.SYNCED, null, new byte[1], "topic", "client"));
      next++;
    }
    return new LogSlice(from, next, records, gaps);
  }

  /** All batches until nothing is left; each is under way from then on. */
  private List<LogSlice> batches(Track track, @Nullable SendOrder order) {
    var plan = new PartitionPlan(OffsetRanges.EMPTY, Long.MAX_VALUE, 0);
    plan.begin(Optional.ofNullable(order), END, true);
    var batches = new ArrayList<LogSlice>();
    for (var range = plan.next(track, END, MOST);
        range.isPresent();
        range = plan.next(track, END, MOST)) {
      LogSlice slice = BatchCut.next(this::read, plan, track, END, range.get(), 1000);
      batches.add(slice);
      assertThat(batches).hasSizeLessThan(100);
      assertThat(slice.records().size()).isLessThanOrEqualTo(MOST);
      assertThat(throughTheCodec(slice)).isEqualTo(slice);
      plan.sent(
          new PartitionPlan.Flight(
              slice.firstOffset(), slice.nextOffset(), track, slice.records().size(), 1, 0),
          Urgency.PROMPT);
    }
    return batches;
  }

  private static LogSlice throughTheCodec(LogSlice slice) {
    var batch =
        new Batch(
            "gateway",
            1,
            2,
            new StreamPartition("stream", 0),
            Track.LIVE,
            slice.firstOffset(),
            slice.nextOffset(),
            slice.records(),
            slice.gaps());
    try {
      Batch decoded = UplinkCodec.decodeBatch(UplinkCodec.encode(batch, true));
      return new LogSlice(
          decoded.firstOffset(), decoded.nextOffset(), decoded.records(), decoded.gaps());
    } catch (MalformedUplinkException e) {
      throw new AssertionError(slice.toString(), e);
    }
  }

  private static void assertComplete(List<LogSlice> batches) {
    var covered = OffsetRanges.EMPTY;
    var readings = new TreeMap<Long, UplinkRecord>();
    long lost = 0;
    for (LogSlice batch : batches) {
      assertThat(covered.overlaps(batch.firstOffset(), batch.nextOffset())).isFalse();
      covered = covered.add(batch.firstOffset(), batch.nextOffset());
      long told = 0;
      for (Gap gap : batch.gaps()) {
        told += gap.nextOffset() - gap.firstOffset();
      }
      assertThat(told + batch.records().size()).isEqualTo(batch.nextOffset() - batch.firstOffset());
      lost += told;
      for (UplinkRecord each : batch.records()) {
        assertThat(readings.put(each.offset(), each)).isNull();
      }
    }
    assertThat(covered).isEqualTo(OffsetRanges.of(0, END));
    assertThat(lost).isEqualTo(HOLE_TO - HOLE_FROM);
    assertThat(readings).hasSize((int) (HOLE_FROM + END - HOLE_TO));
  }

  @Test
  void holeGoesAtOnceAndAlone() {
    List<LogSlice> batches = batches(Track.LIVE, SendOrder.OLDEST_FIRST);

    assertComplete(batches);
    assertThat(batches)
        .extracting(each -> each.records().size())
        .containsExactly(50, 50, 0, 50, 10);
    assertThat(batches.get(2).gaps())
        .containsExactly(new Gap(HOLE_FROM, HOLE_TO, GapReason.CORRUPT, 0, HOLE_TO - HOLE_FROM));
  }

  @Test
  void backfillGoesOverTheHoleAtOnce() {
    assertComplete(batches(Track.BACKFILL, null));
  }

  @Test
  void newestFirstGoesBackOverTheHoleInFewSteps() {
    List<LogSlice> batches = batches(Track.BACKFILL, SendOrder.NEWEST_FIRST);

    assertComplete(batches);
    assertThat(batches.getFirst().nextOffset()).isEqualTo(END);
  }

  /** The readings behind it need not be as many as batches hold. */
  @Test
  void aFileMayEndWithTheHole() {
    endsWithHole = true;

    assertComplete(batches(Track.BACKFILL, SendOrder.NEWEST_FIRST));
    assertComplete(batches(Track.BACKFILL, null));
    assertComplete(batches(Track.LIVE, SendOrder.OLDEST_FIRST));
  }
}
