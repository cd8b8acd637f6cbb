package io.headwater.uplink;

import java.util.List;

/**
 * Readings of one partition, and what is missing between them: it speaks for every offset of its
 * range, each of which is a record or lies in a gap.
 *
 * @param epoch of the edge log's life
 * @param incarnation under which the newest record was written
 * @param firstOffset inclusive
 * @param nextOffset exclusive
 * @param records by rising offset
 * @param gaps by rising offset
 */
public record Batch(
    String gateway,
    long epoch,
    long incarnation,
    StreamPartition partition,
    Track track,
    long firstOffset,
    long nextOffset,
    List<UplinkRecord> records,
    List<Gap> gaps) {
  /** The farthest that a record may be from the first offset: four bytes of the frame tell it. */
  public static final long FARTHEST = Integer.MAX_VALUE;

  public Batch {
    records = List.copyOf(records);
    gaps = List.copyOf(gaps);
    checkCovered(firstOffset, nextOffset, records, gaps);
  }

  private static void checkCovered(
      long firstOffset, long nextOffset, List<UplinkRecord> records, List<Gap> gaps) {
    if (firstOffset < 0 || nextOffset <= firstOffset) {
      throw new IllegalArgumentException(
          "batch range " + firstOffset + " to " + nextOffset + " is empty");
    }
    long expected = firstOffset;
    int nextGap = 0;
    for (UplinkRecord record : records) {
      while (nextGap < gaps.size() && gaps.get(nextGap).firstOffset() == expected) {
        expected = gaps.get(nextGap++).nextOffset();
      }
      if (record.offset() != expected) {
        throw new IllegalArgumentException(
            "batch has offset " + record.offset() + " where " + expected + " is due");
      }
      if (expected - firstOffset > FARTHEST) {
        throw new IllegalArgumentException(
            "offset " + expected + " is too far from the batch's first, " + firstOffset);
      }
      expected++;
    }
    while (nextGap < gaps.size() && gaps.get(nextGap).firstOffset() == expected) {
      expected = gaps.get(nextGap++).nextOffset();
    }
    if (expected != nextOffset || nextGap != gaps.size()) {
      throw new IllegalArgumentException(
          "batch covers up to " + expected + " but says " + nextOffset);
    }
  }
}
