package io.headwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.UplinkRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RowBatchTest {
  private static final byte[] ATTRIBUTES = {7, 0, 9};

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
      int rows = 1 + random.nextInt(40);
      for (int i = 0; i < rows; i++) {
        int place = random.nextInt(offsets.length);
        var record =
            new UplinkRecord(
                offsets[place]++,
                random.nextInt(10) == 0 ? random.nextLong() : 1_700_000_000_000L + i,
                ClockQuality.values()[random.nextInt(ClockQuality.values().length)],
                random.nextBoolean() ? null : bytes(random, 20),
                bytes(random, 300),
                "topic/ü/" + random.nextInt(4),
                "client" + random.nextInt(3));
        byte[] extra = random.nextBoolean() ? null : ATTRIBUTES;
        writer.add(
            seq + i,
            100 + place,
            record.offset(),
            record.capturedMs(),
            record.clock().ordinal(),
            record.mqttTopic(),
            record.mqttClient(),
            record.key(),
            record.value(),
            extra);
        written.add(record);
        partitions.add(100 + place);
        attributes.add(extra);
      }
      RowBatch read = RowBatch.decode(writer.encode()).orElseThrow();
      assertThat(BatchHead.decode(writer.head().encode())).contains(read.head());
      assertThat(read.head().nextSeq()).isEqualTo(seq + rows);
      for (int i = 0; i < rows; i++) {
        assertThat(read.next()).as("seed %d, row %d of %d", seed, i, rows).isTrue();
        assertThat(read.record()).as("seed %d", seed).isEqualTo(written.get(i));
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
  void noFlippedBitAndNoMissingByteIsTakenForRows() {
    var writer = new RowBatchWriter();
    for (int i = 0; i < 5; i++) {
      byte[] value = ("value" + i).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      writer.add(10 + i, 1, 3 + i, 1000 + i, 1, "t", "c", null, value, null);
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
