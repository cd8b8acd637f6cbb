package io.headwater.bridge.handover;

import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.Gap;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.Settled;
import io.headwater.uplink.StateRequest;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The cursors of one life of one gateway's log, and what messages mean to them. Pure: no network,
 * no time. Confined to the hand-over's thread.
 *
 * <p>Changes of a running transaction are tentative: {@link #committed} keeps them, {@link
 * #aborted} forgets them. A batch that meets tentative ranges is judged by them, so that two copies
 * of one batch in one transaction pass once.
 */
final class GatewayCursors {
  /** What of a batch is new. */
  sealed interface Verdict {
    /** To be written. */
    record Write(List<UplinkRecord> records, List<Gap> gaps, Cursor cursor) implements Verdict {}

    /** All of it is in the hub already. */
    record Known() implements Verdict {}

    /** The bridge does not know the opening of the log that wrote it, or not yet the gateway. */
    record AskForState() implements Verdict {}

    /** The cursor has too many holes. */
    record Busy() implements Verdict {}
  }

  private final Map<StreamPartition, Cursor> cursors = new TreeMap<>();
  private final Map<StreamPartition, Cursor> tentative = new HashMap<>();
  private List<Long> incarnations = List.of();

  /**
   * Whether the gateway has asked for its state here. Before, batches may be missing that it sent
   * to an owner before us, and taking later ones would put them out of order.
   */
  private boolean asked;

  /** A cursor as read from its topic. */
  void load(StreamPartition partition, Cursor cursor) {
    cursors.put(partition, cursor);
    // The longest list is the newest one: lists only grow at their end, up to their limit.
    if (!cursor.incarnations().isEmpty()
        && (incarnations.isEmpty() || !incarnations.contains(cursor.incarnations().getLast()))) {
      incarnations = cursor.incarnations();
    }
  }

  /** Takes a gateway's list of openings, or finds that the log is a copy. */
  Answer.Verdict request(StateRequest request) {
    List<Long> theirs = request.incarnations().stream().map(Incarnation::id).toList();
    if (!incarnations.isEmpty() && !theirs.contains(incarnations.getLast())) {
      return Answer.Verdict.COPY;
    }
    incarnations = theirs;
    asked = true;
    return Answer.Verdict.KNOWN;
  }

  Verdict take(Batch batch) {
    if (!asked || !incarnations.contains(batch.incarnation())) {
      return new Verdict.AskForState();
    }
    Cursor cursor = current(batch.partition());
    OffsetRanges settled = cursor.settled();
    if (settled.covers(batch.firstOffset(), batch.nextOffset())) {
      return new Verdict.Known();
    }
    OffsetRanges after = settled.add(batch.firstOffset(), batch.nextOffset());
    if (after.ranges().size() > Cursor.MOST_RANGES) {
      return new Verdict.Busy();
    }
    List<UplinkRecord> fresh =
        batch.records().stream().filter(record -> !settled.contains(record.offset())).toList();
    var gaps = new ArrayList<Gap>();
    for (Gap gap : batch.gaps()) {
      if (!settled.covers(gap.firstOffset(), gap.nextOffset())) {
        gaps.add(gap);
      }
    }
    var next = new Cursor(after, incarnations);
    tentative.put(batch.partition(), next);
    return new Verdict.Write(fresh, gaps, next);
  }

  private Cursor current(StreamPartition partition) {
    Cursor changed = tentative.get(partition);
    return changed != null ? changed : cursors.getOrDefault(partition, Cursor.EMPTY);
  }

  /** The cursors that the running transaction changes. */
  Map<StreamPartition, Cursor> tentative() {
    return Map.copyOf(tentative);
  }

  void committed() {
    cursors.putAll(tentative);
    tentative.clear();
  }

  void aborted() {
    tentative.clear();
  }

  /** What is in the hub of all partitions. */
  List<Settled> settled() {
    return cursors.entrySet().stream()
        .map(entry -> new Settled(entry.getKey(), entry.getValue().settled()))
        .toList();
  }

  /** What is in the hub of one partition. */
  Settled settled(StreamPartition partition) {
    return new Settled(partition, cursors.getOrDefault(partition, Cursor.EMPTY).settled());
  }
}
