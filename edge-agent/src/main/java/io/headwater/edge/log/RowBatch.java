package io.headwater.edge.log;

import io.headwater.uplink.ClockQuality;
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
 * topics and clients: count, each once   time of the first row
 * each row: partition's place above, time since the first, flags (clock; has a key, attributes),
 *           topic's and client's place above, [key], [attributes], value
 * </pre>
 */
final class RowBatch {
  static final int LAYOUT = 1;
  static final int CLOCK = 0x0F;
  static final int HAS_KEY = 0x10;
  static final int HAS_ATTRIBUTES = 0x20;
  private static final ClockQuality[] QUALITIES = ClockQuality.values();

  private final ByteBuffer in;
  private final BatchHead head;
  private final String[] names;
  private final long firstMs;
  private final long[] offsets;
  private final int rows;
  private int row = -1;
  private int next;

  // The present row.
  private int part;
  private long capturedMs;
  private int flags;
  private int topic;
  private int client;
  private int body;

  private RowBatch(ByteBuffer in) {
    this.in = in;
    this.head = BatchHead.read(in);
    this.rows = head.rows();
    this.names = new String[BatchBytes.size(in)];
    for (int i = 0; i < names.length; i++) {
      names[i] = new String(BatchBytes.block(in), StandardCharsets.UTF_8);
    }
    this.firstMs = BatchBytes.signed(in);
    this.offsets = new long[head.parts().size()];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = head.parts().get(i).firstOffset() - 1;
    }
    this.next = in.position();
  }

  /** Empty if it is damaged. */
  static Optional<RowBatch> decode(byte[] sealed) {
    ByteBuffer in = BatchBytes.open(sealed);
    return in == null || in.get() != LAYOUT ? Optional.empty() : Optional.of(new RowBatch(in));
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
    capturedMs = firstMs + BatchBytes.signed(in);
    flags = in.get();
    topic = BatchBytes.size(in);
    client = BatchBytes.size(in);
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

  long capturedMs() {
    return capturedMs;
  }

  UplinkRecord record() {
    in.position(body);
    byte @Nullable [] key = optional(HAS_KEY);
    optional(HAS_ATTRIBUTES);
    int clock = flags & CLOCK;
    return new UplinkRecord(
        offset(),
        capturedMs,
        clock < QUALITIES.length ? QUALITIES[clock] : ClockQuality.UNSYNCED,
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
        seq(), capturedMs, names[topic], names[client], attributes, BatchBytes.block(in));
  }

  private byte @Nullable [] optional(int flag) {
    return (flags & flag) == 0 ? null : BatchBytes.block(in);
  }
}
