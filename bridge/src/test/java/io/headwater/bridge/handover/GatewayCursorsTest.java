package io.headwater.bridge.handover;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.Seed;
import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StateRequest;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.Track;
import io.headwater.uplink.UplinkRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class GatewayCursorsTest {
  private static final StreamPartition PARTITION = new StreamPartition("s", 0);

  private static final Way WAY = new Way("broker", 1, 0);

  private static StateRequest request(Long... incarnations) {
    return new StateRequest(
        "g",
        1,
        Arrays.stream(incarnations).map(id -> new Incarnation(id, Map.of())).toList(),
        "test");
  }

  private static Incarnation opened(long id, long first) {
    return new Incarnation(id, Map.of(PARTITION, first));
  }

  private static StateRequest request(Incarnation... incarnations) {
    return new StateRequest("g", 1, List.of(incarnations), "test");
  }

  private static Batch batch(long incarnation, long from, long to) {
    List<UplinkRecord> records =
        LongStream.range(from, to)
            .mapToObj(offset ->
                new UplinkRecord(
                    offset,
                    0,
                    ClockQuality.SYNCED,
                    null,
                    Long.toString(offset).getBytes(StandardCharsets.UTF_8),
                    "",
                    ""))
            .toList();
    return new Batch("g", 1, incarnation, PARTITION, Track.LIVE, from, to, records, List.of());
  }

  private static List<Long> written(GatewayCursors.Verdict verdict) {
    return verdict instanceof GatewayCursors.Verdict.Write(var records, var _, var _)
        ? records.stream().map(UplinkRecord::offset).toList()
        : List.of();
  }

  @Test
  void unknownOpeningAsksForTheState() {
    var cursors = new GatewayCursors();

    assertThat(cursors.take(batch(7, 0, 2), WAY))
        .isInstanceOf(GatewayCursors.Verdict.AskForState.class);

    assertThat(cursors.request(request(7L), WAY)).isEqualTo(Answer.Verdict.KNOWN);
    assertThat(written(cursors.take(batch(7, 0, 2), WAY))).containsExactly(0L, 1L);
  }

  @Test
  void copyOfALogIsNoticed() {
    var cursors = new GatewayCursors();
    cursors.request(request(1L, 2L), WAY);
    cursors.take(batch(2, 0, 5), WAY);
    cursors.committed();

    StateRequest other = request(opened(1, 0), opened(3, 2));
    Answer.Verdict verdict = cursors.request(other, WAY);
    assertThat(verdict).isEqualTo(Answer.Verdict.COPY);
    assertThat(cursors.common(other))
        .as("2 may have written from 0 on")
        .allMatch(s -> s.ranges().isEmpty());
    assertThat(cursors.request(request(opened(1, 0), opened(2, 0), opened(4, 5)), WAY))
        .isEqualTo(Answer.Verdict.KNOWN);
  }

  /** The image was taken within an opening: its own list has no entry that the cursor lacks. */
  @Test
  void imageThatWasRestoredWithinAnOpeningIsNoticedAlsoWhenItHasGrownPastTheCursor() {
    var cursors = new GatewayCursors();
    cursors.request(request(opened(1, 0)), WAY);
    cursors.take(batch(1, 0, 200), WAY);
    cursors.committed();

    StateRequest other = request(opened(1, 0), opened(2, 100));
    Answer.Verdict verdict = cursors.request(other, WAY);

    assertThat(verdict).isEqualTo(Answer.Verdict.COPY);
    assertThat(cursors.common(other))
        .singleElement()
        .satisfies(s -> assertThat(s.ranges()).isEqualTo(OffsetRanges.of(0, 100)));
    assertThat(cursors.request(request(opened(1, 0), opened(2, 200)), WAY))
        .as("an ordinary restart")
        .isEqualTo(Answer.Verdict.KNOWN);
  }

  @Test
  void twoLiveCopiesExpelEachOtherInsteadOfMixing() {
    var cursors = new GatewayCursors();
    cursors.request(request(opened(1, 0)), WAY);
    cursors.take(batch(1, 0, 100), WAY);
    cursors.committed();
    // A clone opens as 2 what the original still writes as 1.
    assertThat(cursors.request(request(opened(1, 0), opened(2, 100)), WAY))
        .isEqualTo(Answer.Verdict.KNOWN);
    assertThat(written(cursors.take(batch(2, 100, 110), WAY))).hasSize(10);
    cursors.committed();

    assertThat(cursors.take(batch(1, 100, 120), WAY))
        .isInstanceOf(GatewayCursors.Verdict.AskForState.class);
    StateRequest other = request(opened(1, 0));
    Answer.Verdict verdict = cursors.request(other, WAY);

    assertThat(verdict).isEqualTo(Answer.Verdict.COPY);
    assertThat(cursors.common(other).getFirst().ranges())
        .as("what the clone wrote settles nothing of the original's")
        .isEqualTo(OffsetRanges.of(0, 100));
    assertThat(written(cursors.take(batch(2, 110, 120), WAY))).as("the clone goes on").hasSize(10);
  }

  @Test
  void secondCopyOfABatchInOneTransactionIsDropped() {
    var cursors = new GatewayCursors();
    cursors.request(request(1L), WAY);

    assertThat(written(cursors.take(batch(1, 0, 5), WAY))).hasSize(5);
    assertThat(cursors.take(batch(1, 0, 5), WAY)).isInstanceOf(GatewayCursors.Verdict.Known.class);
    assertThat(written(cursors.take(batch(1, 3, 8), WAY))).containsExactly(5L, 6L, 7L);
  }

  @Test
  void abortedTransactionLeavesNothing() {
    var cursors = new GatewayCursors();
    cursors.request(request(1L), WAY);
    cursors.take(batch(1, 0, 5), WAY);

    cursors.aborted();

    assertThat(cursors.settled()).isEmpty();
    assertThat(written(cursors.take(batch(1, 0, 5), WAY))).hasSize(5);
  }

  @Test
  void tooManyHolesAreBusyUntilTheOldestIsFilled() {
    var cursors = new GatewayCursors();
    cursors.request(request(1L), WAY);
    for (int i = 0; i < Cursor.MOST_RANGES; i++) {
      assertThat(written(cursors.take(batch(1, i * 10L, i * 10L + 1), WAY))).hasSize(1);
    }
    cursors.committed();

    assertThat(cursors.take(batch(1, 5_000, 5_001), WAY))
        .isInstanceOf(GatewayCursors.Verdict.Busy.class);
    assertThat(written(cursors.take(batch(1, 1, 10), WAY))).hasSize(9);
    assertThat(written(cursors.take(batch(1, 5_000, 5_001), WAY))).hasSize(1);
  }

  @Test
  void cursorsReadBackAsWritten() {
    var cursor =
        new Cursor(
            OffsetRanges.of(0, 10).add(20, 30),
            List.of(new Cursor.Opening(-1L, 0), new Cursor.Opening(5L, 7)));
    var key = new CursorKey("g", -2L, PARTITION);

    assertThat(Cursor.parse(cursor.toBytes())).contains(cursor);
    assertThat(CursorKey.parse(key.toBytes())).contains(key);
    assertThat(CursorKey.parse("[1]".getBytes(StandardCharsets.UTF_8))).isEmpty();
    assertThat(Cursor.parse("}".getBytes(StandardCharsets.UTF_8))).isEmpty();
    assertThat(Cursor.parse("{}".getBytes(StandardCharsets.UTF_8))).isEmpty();
  }

  /** However batches are cut, doubled, reordered, committed or aborted: each offset once. */
  @RepeatedTest(30)
  void everyOffsetIsWrittenOnce() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    var cursors = new GatewayCursors();
    cursors.request(request(1L), WAY);
    var hub = new ArrayList<Long>();
    var running = new ArrayList<Long>();
    for (int step = 0; step < 2_000; step++) {
      if (random.nextInt(5) == 0) {
        if (random.nextInt(3) == 0) {
          cursors.aborted();
        } else {
          cursors.committed();
          hub.addAll(running);
        }
        running.clear();
        if (random.nextInt(10) == 0) {
          // Another bridge takes over with what is in the topic.
          var next = new GatewayCursors();
          cursors
              .settled()
              .forEach(settled ->
                  next.load(
                      settled.partition(),
                      new Cursor(settled.ranges(), List.of(new Cursor.Opening(1L, 0))),
                      0));
          next.request(request(1L), WAY);
          cursors = next;
        }
      } else {
        long from = random.nextInt(300);
        running.addAll(written(cursors.take(batch(1, from, from + 1 + random.nextInt(20)), WAY)));
      }
    }
    assertThat(hub).as("%s", seed).doesNotHaveDuplicates();
    for (long offset : hub) {
      assertThat(cursors.settled(PARTITION).ranges().contains(offset)).as("%s", seed).isTrue();
    }
  }

  @Test
  void timestampIsTheCaptureTimeOnlyWhereTheHubWouldKeepIt() {
    long now = 1_800_000_000_000L;
    Duration week = Duration.ofDays(7);

    assertThat(HubRecords.timestamp(at(now - 1000, ClockQuality.SYNCED), now, week))
        .isEqualTo(now - 1000);
    assertThat(HubRecords.timestamp(at(-1, ClockQuality.SYNCED), now, Duration.ofDays(36_500)))
        .as("Kafka has no time before 1970, however long a topic keeps")
        .isEqualTo(now);
    assertThat(HubRecords.timestamp(at(0, ClockQuality.SYNCED), now, Duration.ofDays(36_500)))
        .isZero();
    assertThat(HubRecords.timestamp(at(now - 1000, ClockQuality.UNSYNCED), now, week))
        .isEqualTo(now);
    assertThat(
            HubRecords.timestamp(
                at(now - Duration.ofDays(6).toMillis(), ClockQuality.SYNCED), now, week))
        .isEqualTo(now);
    assertThat(HubRecords.timestamp(at(now + 360_000, ClockQuality.BRIDGE), now, week))
        .isEqualTo(now);
  }

  private static UplinkRecord at(long captured, ClockQuality clock) {
    return new UplinkRecord(0, captured, clock, null, new byte[0], "", "");
  }

  /** A broker acknowledges what it has nobody to give to, and the inbox drops what has no room. */
  @Test
  void whatComesBehindALossIsNotTakenBeforeTheGatewayHasAskedAgain() {
    for (Way another :
        List.of(new Way("broker", 2, 0), new Way("broker", 1, 1), new Way("other", 1, 0))) {
      var cursors = new GatewayCursors();
      cursors.request(request(1L), WAY);
      assertThat(written(cursors.take(batch(1, 0, 10), WAY))).hasSize(10);

      assertThat(cursors.take(batch(1, 20, 30), another))
          .isInstanceOf(GatewayCursors.Verdict.AskForState.class);

      cursors.request(request(1L), another);
      assertThat(written(cursors.take(batch(1, 10, 20), another))).hasSize(10);
    }
  }

  /** Brokers that pass messages to each other may bring each of them twice. */
  @Test
  void gatewayThatIsHeardByTwoWaysIsTakenByBoth() {
    var cursors = new GatewayCursors();
    Way second = new Way("other", 1, 0);
    cursors.request(request(1L), WAY);
    cursors.request(request(1L), second);

    assertThat(written(cursors.take(batch(1, 0, 5), WAY))).hasSize(5);
    assertThat(cursors.take(batch(1, 0, 5), second))
        .isInstanceOf(GatewayCursors.Verdict.Known.class);
    assertThat(written(cursors.take(batch(1, 5, 9), second))).hasSize(4);
  }

  /** Otherwise it would settle them, and begin a new life that does not have them. */
  @Test
  void copyIsNotToldOfReadingsWhoseTransactionComesToNothing() {
    var cursors = new GatewayCursors();
    cursors.request(request(opened(1, 0)), WAY);
    cursors.take(batch(1, 0, 100), WAY);
    cursors.committed();
    cursors.take(batch(1, 100, 200), WAY);
    StateRequest restored = request(opened(1, 0), opened(2, 150));

    assertThat(cursors.request(restored, WAY)).isEqualTo(Answer.Verdict.COPY);
    cursors.aborted();

    assertThat(cursors.common(restored))
        .singleElement()
        .satisfies(s -> assertThat(s.ranges()).isEqualTo(OffsetRanges.of(0, 100)));
  }

  /** Lists of openings are bounded: those of a stream that is seldom written leave them. */
  @Test
  void streamThatIsSeldomWrittenMakesNoCopyOfItsLog() {
    var seldom = new StreamPartition("alarms", 0);
    var cursors = new GatewayCursors();
    cursors.load(seldom, new Cursor(OffsetRanges.of(0, 3), List.of(new Cursor.Opening(1, 0))), 1);
    cursors.load(
        PARTITION, new Cursor(OffsetRanges.of(0, 90), List.of(new Cursor.Opening(40, 80))), 2);
    var known = new Incarnation(40, Map.of(PARTITION, 80L, seldom, 3L));

    assertThat(
            cursors.request(
                request(known, new Incarnation(41, Map.of(PARTITION, 90L, seldom, 3L))), WAY))
        .isEqualTo(Answer.Verdict.KNOWN);
    assertThat(
            cursors.request(
                request(known, new Incarnation(42, Map.of(PARTITION, 90L, seldom, 2L))), WAY))
        .as("restored from before the third alarm")
        .isEqualTo(Answer.Verdict.COPY);
  }
}
