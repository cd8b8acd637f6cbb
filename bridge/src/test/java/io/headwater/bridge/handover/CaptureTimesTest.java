package io.headwater.bridge.handover;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.uplink.Batch;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.Track;
import io.headwater.uplink.UplinkRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class CaptureTimesTest {
  private static final long NOW = 1_700_000_000_000L;

  private final CaptureTimes times = new CaptureTimes();

  @Test
  void aGapWithinABatchLiesBetweenItsNeighbours() {
    assertThat(told(batch("g", Track.LIVE, 0, 9, gap(3, 5), gap(5, 6))))
        .containsExactly("3 to 5: 2..6", "5 to 6: 2..6");
  }

  @Test
  void atTheEdgesOfABatchOnlyWhatIsKnownIsTold() {
    assertThat(told(batch("g", Track.LIVE, 10, 20, gap(10, 12), gap(18, 20))))
        .containsExactly("10 to 12: ..12", "18 to 20: 17..");
  }

  @Test
  void theBatchThatEndedThereIsRememberedAlsoOverOneOfNothingButAGap() {
    assertThat(told(batch("g", Track.BACKFILL, 0, 10))).isEmpty();
    assertThat(told(batch("g", Track.BACKFILL, 10, 20, gap(10, 20))))
        .containsExactly("10 to 20: 9..");
    assertThat(told(batch("g", Track.LIVE, 20, 30, gap(20, 22))))
        .containsExactly("20 to 22: 9..22");
  }

  @Test
  void batchesOfOtherPlacesSayNothing() {
    told(batch("g", Track.LIVE, 0, 10));
    told(batch("other", Track.LIVE, 10, 20));

    assertThat(told(batch("g", Track.LIVE, 15, 20, gap(15, 16)))).containsExactly("15 to 16: ..16");
    assertThat(told(batch("h", Track.LIVE, 10, 20, gap(10, 11)))).containsExactly("10 to 11: ..11");
  }

  @Test
  void clocksThatAreNotTrustedGiveNoTimes() {
    var records =
        List.of(
            record(0, NOW, ClockQuality.CORRECTED),
            record(1, NOW + 1, ClockQuality.UNSYNCED),
            record(3, NOW + Duration.ofMinutes(6).toMillis(), ClockQuality.SYNCED),
            record(4, NOW + 4, ClockQuality.BRIDGE));
    assertThat(told(new Batch("g", 1, 7, partition(), Track.LIVE, 0, 5, records, gaps(gap(2, 3)))))
        .containsExactly("2 to 3: 0..4");

    var unsynced = List.of(record(6, NOW, ClockQuality.UNSYNCED));
    assertThat(told(new Batch("h", 1, 7, partition(), Track.LIVE, 5, 7, unsynced, gaps(gap(5, 6)))))
        .containsExactly("5 to 6: ..");
  }

  @Test
  void remembersSoManyPlacesAndNoMore() {
    told(batch("first", Track.LIVE, 0, 10));
    told(batch("second", Track.LIVE, 0, 10));
    for (int i = 0; i < CaptureTimes.MOST - 1; i++) {
      told(batch("g" + i, Track.LIVE, 0, 10));
    }

    assertThat(told(batch("first", Track.LIVE, 10, 12, gap(10, 11))))
        .containsExactly("10 to 11: ..11");
    assertThat(told(batch("g0", Track.LIVE, 10, 12, gap(10, 11))))
        .containsExactly("10 to 11: 9..11");
  }

  @Test
  void theRecordInTheHubSaysTheTimesThatAreKnown() {
    Batch batch = batch("g", Track.LIVE, 0, 9, gap(3, 5), gap(7, 9));
    CaptureTimes.Neighbours neighbours = times.learn(batch, NOW);
    var records = new HubRecords(batch);

    assertThat(batch.gaps())
        .extracting(gap ->
            new String(
                records.gap(gap, neighbours.around(gap), NOW).value(), StandardCharsets.UTF_8))
        .satisfiesExactly(
            first ->
                assertThat(first).endsWith(",\"after\":1700000000002,\"before\":1700000000005}"),
            last -> assertThat(last).endsWith(",\"after\":1700000000006}"));
  }

  /** Of each gap its times since {@link #NOW}. */
  private List<String> told(Batch batch) {
    CaptureTimes.Neighbours neighbours = times.learn(batch, NOW);
    return batch.gaps().stream()
        .map(gap -> {
          CaptureTimes.Around around = neighbours.around(gap);
          return "%d to %d: %s..%s"
              .formatted(
                  gap.firstOffset(),
                  gap.nextOffset(),
                  around.afterMs().isPresent() ? around.afterMs().getAsLong() - NOW : "",
                  around.beforeMs().isPresent() ? around.beforeMs().getAsLong() - NOW : "");
        })
        .toList();
  }

  /** Each reading was captured as many milliseconds after {@link #NOW} as its offset says. */
  private static Batch batch(String gateway, Track track, long from, long to, Gap... gaps) {
    var records = new ArrayList<UplinkRecord>();
    for (long offset = from; offset < to; offset++) {
      long each = offset;
      if (gaps(gaps).stream()
          .noneMatch(gap -> gap.firstOffset() <= each && each < gap.nextOffset())) {
        records.add(record(offset, NOW + offset, ClockQuality.SYNCED));
      }
    }
    return new Batch(gateway, 1, 7, partition(), track, from, to, records, gaps(gaps));
  }

  private static StreamPartition partition() {
    return new StreamPartition("s", 0);
  }

  private static List<Gap> gaps(Gap... gaps) {
    return List.of(gaps);
  }

  private static Gap gap(long first, long next) {
    return new Gap(first, next, GapReason.DISK_FULL, 0, next - first);
  }

  private static UplinkRecord record(long offset, long capturedMs, ClockQuality clock) {
    return new UplinkRecord(offset, capturedMs, clock, null, new byte[1], "", "");
  }
}
