package io.headwater.edge.log;

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
  private long firstMs;

  boolean isEmpty() {
    return parts.isEmpty();
  }

  boolean isFull() {
    return rows.size() + names.size() >= FULL_BYTES;
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
      long capturedMs,
      int clock,
      String topic,
      String client,
      byte @Nullable [] key,
      byte[] value,
      byte @Nullable [] attributes) {
    if (parts.isEmpty()) {
      seq = rowSeq;
      firstMs = capturedMs;
    }
    rows.number(count(partition, offset)).signed(capturedMs - firstMs);
    rows.u8(
        (clock & RowBatch.CLOCK)
            | (key == null ? 0 : RowBatch.HAS_KEY)
            | (attributes == null ? 0 : RowBatch.HAS_ATTRIBUTES));
    rows.number(place(topic)).number(place(client));
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
    out.signed(firstMs);
    out.append(rows);
    return out.sealed();
  }
}
