package io.headwater.edge.log;

import static io.headwater.uplink.ClockQuality.SYNCED;
import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.edge.clock.BootTimes;
import io.headwater.edge.clock.Capture;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.UplinkRecord;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RowBatchTest {
  private static final byte[] ATTRIBUTES = {7, 0, 9};
  private static final ClockQuality[] QUALITIES = ClockQuality.values();

  private static byte[] bytes(SplittableRandom random, int most) {
    byte[] bytes = new byte[random.nextInt(most)];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  void rowsComeBackAsTheyWere() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 200; round++) {
      var writer = new RowBatchWriter();
      long[] offsets = {random.nextLong(1L << 40), 0, 5};
      long seq = random.nextLong(1L << 50);
      var written = new ArrayList<UplinkRecord>();
      var partitions = new ArrayList<Integer>();
      var attributes = new ArrayList<byte[]>();
      var captures = new ArrayList<Capture>();
      long boot = random.nextInt(4) == 0 ? 0 : random.nextLong();
      int rows = 1 + random.nextInt(40);
      for (int i = 0; i < rows; i++) {
        int place = random.nextInt(offsets.length);
        long wallMs = random.nextInt(10) == 0 ? random.nextLong() : 1_700_000_000_000L + i;
        long uptimeMs = random.nextInt(10) == 0 ? random.nextLong(1L << 40) : 5_000 + i;
        var capture =
            new Capture(boot, boot == 0 ? 0 : uptimeMs, wallMs, QUALITIES[random.nextInt(4)]);
        var record =
            new UplinkRecord(
                offsets[place]++,
                wallMs,
                capture.quality(),
                random.nextBoolean() ? null : bytes(random, 20),
                bytes(random, 300),
                "topic/ü/" + random.nextInt(4),
                "client" + random.nextInt(3));
        byte[] extra = random.nextBoolean() ? null : ATTRIBUTES;
        writer.add(
            seq + i,
            100 + place,
            record.offset(),
            capture,
            record.mqttTopic(),
            record.mqttClient(),
            record.key(),
            record.value(),
            extra);
        written.add(record);
        captures.add(capture);
        partitions.add(100 + place);
        attributes.add(extra);
      }
      RowBatch read = RowBatch.decode(writer.encode()).orElseThrow();
      assertThat(BatchHead.decode(writer.head().encode())).contains(read.head());
      assertThat(read.head().nextSeq()).isEqualTo(seq + rows);
      for (int i = 0; i < rows; i++) {
        assertThat(read.next()).as("seed %d, row %d of %d", seed, i, rows).isTrue();
        assertThat(read.record(BootTimes.none())).as("seed %d", seed).isEqualTo(written.get(i));
        Capture wanted = captures.get(i);
        assertThat(read.capture().boot()).isEqualTo(boot);
        assertThat(read.capture().wallMs()).isEqualTo(wanted.wallMs());
        assertThat(read.capture().quality()).isEqualTo(wanted.quality());
        assertThat(read.capture().uptimeMs() - wanted.uptimeMs())
            .as("a millisecond may be lost, seed %d", seed)
            .isBetween(-1L, 1L);
        assertThat(read.partition()).isEqualTo(partitions.get(i));
        assertThat(read.seq()).isEqualTo(seq + i);
        LogRow row = read.logRow();
        assertThat(row.attributes()).isEqualTo(attributes.get(i));
        assertThat(row.value()).isEqualTo(written.get(i).value());
        assertThat(row.mqttTopic()).isEqualTo(written.get(i).mqttTopic());
      }
      assertThat(read.next()).isFalse();
    }
  }

  @Test
  void rowsWithoutAJumpTakeNothingForTheirUptime() {
    var without = new RowBatchWriter();
    var with = new RowBatchWriter();
    for (int i = 0; i < 100; i++) {
      byte[] value = new byte[10];
      var bare = Capture.ofWall(1_700_000_000_000L + i, SYNCED);
      without.add(10 + i, 1, 3 + i, bare, "t", "c", null, value, null);
      // Cut to milliseconds the two clocks do not tick at once.
      var whole = new Capture(1L << 62, 8_000_000 + i + i % 2, bare.wallMs(), SYNCED);
      with.add(10 + i, 1, 3 + i, whole, "t", "c", null, value, null);
    }
    assertThat(with.encode().length - without.encode().length).isLessThanOrEqualTo(15);
  }

  /** As agents before this one wrote it. */
  @Test
  void rowsOfTheFirstLayoutAreRead() {
    byte[] written =
        HexFormat.of()
            .parseHex(
                "11fdd5ed010a01010302020174016380a0abfef962000000000102763100cf0f130001016b027632");
    RowBatch read = RowBatch.decode(written).orElseThrow();

    assertThat(read.head().nextSeq()).isEqualTo(12);
    assertThat(read.next()).isTrue();
    assertThat(read.capture()).isEqualTo(Capture.ofWall(1_700_000_000_000L, SYNCED));
    assertThat(read.next()).isTrue();
    assertThat(read.capture()).isEqualTo(Capture.ofWall(1_699_999_999_000L, ClockQuality.UNSYNCED));
    assertThat(read.record(BootTimes.none()))
        .isEqualTo(
            new UplinkRecord(
                4,
                1_699_999_999_000L,
                ClockQuality.UNSYNCED,
                new byte[] {107},
                new byte[] {118, 50},
                "t",
                "c"));
    assertThat(read.next()).isFalse();
  }

  @Test
  void noFlippedBitAndNoMissingByteIsTakenForRows() {
    var writer = new RowBatchWriter();
    for (int i = 0; i < 5; i++) {
      byte[] value = ("value" + i).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      writer.add(10 + i, 1, 3 + i, new Capture(7, i, 1000, SYNCED), "t", "c", null, value, null);
    }
    for (byte[] whole : List.of(writer.encode(), writer.head().encode())) {
      for (int bit = 0; bit < whole.length * 8; bit++) {
        byte[] flipped = whole.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        assertThat(RowBatch.decode(flipped)).as("bit %d", bit).isEmpty();
        assertThat(BatchHead.decode(flipped)).as("bit %d", bit).isEmpty();
      }
      for (int length = 0; length < whole.length; length++) {
        byte[] cut = java.util.Arrays.copyOf(whole, length);
        assertThat(RowBatch.decode(cut)).as("%d bytes", length).isEmpty();
        assertThat(BatchHead.decode(cut)).as("%d bytes", length).isEmpty();
      }
    }
    assertThat(RowBatch.decode(writer.encode())).isPresent();
    assertThat(BatchHead.decode(writer.head().encode())).isPresent();
  }
}
