package io.headwater.edge.log;

import io.headwater.edge.clock.BootTimes;
import io.headwater.edge.clock.Capture;
import io.headwater.edge.clock.CaptureTime;
import io.headwater.uplink.UplinkRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Rows that were written together, one after the other: {@link #next} goes to the first and each
 * further one, which is decoded only as far as somebody asks. Confined to one thread.
 *
 * <pre>
 * crc32c  layout  head: seq, partitions (number, first offset, rows)
 * topics and clients: count, each once   wall time of the first row   boot   its uptime
 * each row: partition's place above, wall time since the first, flags (clock; has a key, attributes;
 *           shifted), topic's and client's place above, [shift], [key], [attributes], value
 * </pre>
 *
 * <p>Wall time and uptime of the rows run side by side, but for a jump of the wall clock between
 * them: the shift, where it is more than a millisecond, is how far uptime has run ahead. Layout 1
 * knew neither boot nor uptime.
 */
final class RowBatch {
  static final int LAYOUT = 2;
  private static final int WITHOUT_BOOT = 1;
  static final int CLOCK = 0x0F;
  static final int HAS_KEY = 0x10;
  static final int HAS_ATTRIBUTES = 0x20;
  static final int SHIFTED = 0x40;

  private final ByteBuffer in;
  private final BatchHead head;
  private final String[] names;
  private final long firstMs;
  private final long boot;
  private final long firstUptimeMs;
  private final long[] offsets;
  private final int rows;
  private int row = -1;
  private int next;

  // The present row.
  private int part;
  private long sinceFirstMs;
  private long shiftMs;
  private int flags;
  private int topic;
  private int client;
  private int body;

  private RowBatch(ByteBuffer in, int layout) {
    this.in = in;
    this.head = BatchHead.read(in);
    this.rows = head.rows();
    this.names = new String[BatchBytes.size(in)];
    for (int i = 0; i < names.length; i++) {
      names[i] = new String(BatchBytes.block(in), StandardCharsets.UTF_8);
    }
    this.firstMs = BatchBytes.signed(in);
    this.boot = layout == WITHOUT_BOOT ? 0 : BatchBytes.number(in);
    this.firstUptimeMs = layout == WITHOUT_BOOT ? 0 : BatchBytes.number(in);
    this.offsets = new long[head.parts().size()];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = head.parts().get(i).firstOffset() - 1;
    }
    this.next = in.position();
  }

  /** Empty if it is damaged. */
  static Optional<RowBatch> decode(byte[] sealed) {
    ByteBuffer in = BatchBytes.open(sealed);
    int layout = in == null ? 0 : in.get();
    return in != null && (layout == LAYOUT || layout == WITHOUT_BOOT)
        ? Optional.of(new RowBatch(in, layout))
        : Optional.empty();
  }

  BatchHead head() {
    return head;
  }

  /** False if there is no further row. */
  boolean next() {
    if (row + 1 == rows) {
      return false;
    }
    row++;
    in.position(next);
    part = BatchBytes.size(in);
    offsets[part]++;
    sinceFirstMs = BatchBytes.signed(in);
    flags = in.get();
    topic = BatchBytes.size(in);
    client = BatchBytes.size(in);
    shiftMs = (flags & SHIFTED) == 0 ? 0 : BatchBytes.signed(in);
    body = in.position();
    if ((flags & HAS_KEY) != 0) {
      BatchBytes.skipBlock(in);
    }
    if ((flags & HAS_ATTRIBUTES) != 0) {
      BatchBytes.skipBlock(in);
    }
    BatchBytes.skipBlock(in);
    next = in.position();
    return true;
  }

  long seq() {
    return head.seq() + row;
  }

  int partition() {
    return head.parts().get(part).partition();
  }

  long offset() {
    return offsets[part];
  }

  /** As it was written; the uptime within a millisecond. */
  Capture capture() {
    return new Capture(
        boot,
        boot == 0 ? 0 : firstUptimeMs + sinceFirstMs + shiftMs,
        firstMs + sinceFirstMs,
        Capture.quality(flags & CLOCK));
  }

  /** With its time as it is known now. */
  UplinkRecord record(BootTimes boots) {
    in.position(body);
    byte @Nullable [] key = optional(HAS_KEY);
    optional(HAS_ATTRIBUTES);
    CaptureTime captured = boots.time(capture());
    return new UplinkRecord(
        offset(),
        captured.millis(),
        captured.quality(),
        key,
        BatchBytes.block(in),
        names[topic],
        names[client]);
  }

  LogRow logRow() {
    in.position(body);
    optional(HAS_KEY);
    byte @Nullable [] attributes = optional(HAS_ATTRIBUTES);
    return new LogRow(
        seq(), capture(), names[topic], names[client], attributes, BatchBytes.block(in));
  }

  private byte @Nullable [] optional(int flag) {
    return (flags & flag) == 0 ? null : BatchBytes.block(in);
  }
}
