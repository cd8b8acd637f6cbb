package io.headwater.edge.log;

import io.headwater.edge.clock.Capture;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects rows for a {@link RowBatch}. Confined to one thread. */
final class RowBatchWriter {
  /** The next row goes into another batch: whoever reads one row reads its batch. */
  private static final int FULL_BYTES = 64 << 10;

  private final BatchBytes rows = new BatchBytes();
  private final BatchBytes names = new BatchBytes();
  private final Map<String, Integer> places = new HashMap<>();
  private final Map<Integer, Integer> partPlaces = new HashMap<>();
  private final List<BatchHead.Part> parts = new ArrayList<>();
  private long seq;
  private Capture first = Capture.UNKNOWN;

  boolean isEmpty() {
    return parts.isEmpty();
  }

  /** Whether a row must go into the next one. */
  boolean isFull(Capture capture) {
    return rows.size() + names.size() >= FULL_BYTES
        || (!isEmpty() && capture.boot() != first.boot());
  }

  void clear() {
    rows.clear();
    names.clear();
    places.clear();
    partPlaces.clear();
    parts.clear();
  }

  /**
   * Adds a row; its seq and its offset follow those of the row before.
   *
   * @param partition its number in the file
   */
  void add(
      long rowSeq,
      int partition,
      long offset,
      Capture capture,
      String topic,
      String client,
      byte @Nullable [] key,
      byte[] value,
      byte @Nullable [] attributes) {
    if (parts.isEmpty()) {
      seq = rowSeq;
      first = capture;
    }
    long sinceFirstMs = capture.wallMs() - first.wallMs();
    long shiftMs = capture.boot() == 0 ? 0 : capture.uptimeMs() - first.uptimeMs() - sinceFirstMs;
    boolean shifted = Math.abs(shiftMs) > 1; // a millisecond comes from cutting both
    rows.number(count(partition, offset)).signed(sinceFirstMs);
    rows.u8(
        (capture.quality().ordinal() & RowBatch.CLOCK)
            | (key == null ? 0 : RowBatch.HAS_KEY)
            | (attributes == null ? 0 : RowBatch.HAS_ATTRIBUTES)
            | (shifted ? RowBatch.SHIFTED : 0));
    rows.number(place(topic)).number(place(client));
    if (shifted) {
      rows.signed(shiftMs);
    }
    if (key != null) {
      rows.block(key);
    }
    if (attributes != null) {
      rows.block(attributes);
    }
    rows.block(value);
  }

  /** Counts the row; the place of its partition. */
  private int count(int partition, long offset) {
    Integer place = partPlaces.get(partition);
    if (place == null) {
      parts.add(new BatchHead.Part(partition, offset, 1));
      partPlaces.put(partition, parts.size() - 1);
      return parts.size() - 1;
    }
    BatchHead.Part part = parts.get(place);
    parts.set(place, new BatchHead.Part(partition, part.firstOffset(), part.rows() + 1));
    return place;
  }

  private int place(String name) {
    Integer place = places.get(name);
    if (place == null) {
      place = places.size();
      places.put(name, place);
      names.block(name.getBytes(StandardCharsets.UTF_8));
    }
    return place;
  }

  BatchHead head() {
    return new BatchHead(seq, parts);
  }

  byte[] encode() {
    var out = new BatchBytes();
    out.u8(RowBatch.LAYOUT);
    head().writeTo(out);
    out.number(places.size());
    out.append(names);
    out.signed(first.wallMs()).number(first.boot()).number(first.uptimeMs());
    out.append(rows);
    return out.sealed();
  }
}
