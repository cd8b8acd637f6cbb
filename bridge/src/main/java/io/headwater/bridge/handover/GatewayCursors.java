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
import java.util.Set;
import java.util.TreeMap;

/**
 * The cursors of one life of one gateway's log, and what messages mean to them. Pure: no network,
 * no clock. Confined to the hand-over's thread.
 *
 * <p>Changes of a running transaction are tentative: {@link #committed} keeps them, {@link
 * #aborted} forgets them. A batch that meets tentative ranges is judged by them, so that two copies
 * of one batch in one transaction pass once.
 *
 * <p>Only the newest opening of the log that has asked for its state may write: of two live copies
 * the one that asks takes the other's word away, which then asks, too, and finds itself a copy.
 */
final class GatewayCursors {
  /** So many streams and partitions may a log have here. */
  private static final int MOST_PARTITIONS = 1024;

  /** What of a batch is new. */
  sealed interface Verdict {
    /** To be written. */
    record Write(List<UplinkRecord> records, List<Gap> gaps, Cursor cursor) implements Verdict {}

    /** All of it is in the hub already. */
    record Known() implements Verdict {}

    /** The opening that wrote it is not the newest that asked for its state here. */
    record AskForState() implements Verdict {}

    /** The cursor has too many holes. */
    record Busy() implements Verdict {}

    /** The log has too many partitions. */
    record TooMany() implements Verdict {}
  }

  private final Map<StreamPartition, Cursor> cursors = new TreeMap<>();
  private final Map<StreamPartition, Cursor> tentative = new HashMap<>();

  /** All openings known, the newest last; ids only, as cursors tell no more. */
  private List<Long> known = List.of();

  /**
   * What the gateway has told here, as long as it is the newest. Before, batches may be missing
   * that it sent to an owner before us, and taking later ones would put them out of order.
   */
  private List<Incarnation> asked = List.of();

  /**
   * The ways by which it has told that. What comes by another stands behind batches that were lost,
   * and taking it would put those out of order.
   */
  private final Map<String, Way> ways = new HashMap<>();

  private long touchedMs;

  /**
   * A cursor as read from its topic.
   *
   * @param writtenMs milliseconds since 1970
   */
  void load(StreamPartition partition, Cursor cursor, long writtenMs) {
    cursors.put(partition, cursor);
    touched(writtenMs);
    List<Long> ids = cursor.openings().stream().map(Cursor.Opening::id).toList();
    // Lists only grow at their end, up to their limit: the newest one has an end that is unknown.
    if (!ids.isEmpty() && (known.isEmpty() || !known.contains(ids.getLast()))) {
      known = ids;
    }
  }

  /** The log did something. */
  void touched(long nowMs) {
    touchedMs = Math.max(touchedMs, nowMs);
  }

  /** When it last did, in milliseconds since 1970. */
  long touchedMs() {
    return touchedMs;
  }

  /** Whether it has nothing in the hub, nor on the way there. */
  boolean isUnwritten() {
    return cursors.isEmpty() && tentative.isEmpty();
  }

  Set<StreamPartition> partitions() {
    return cursors.keySet();
  }

  /**
   * Takes a gateway's list of openings, or finds that the log is a copy or a restored image.
   *
   * @param way by which it came
   * @return {@code KNOWN} or {@code COPY}
   */
  Answer.Verdict request(StateRequest request, Way way) {
    List<Incarnation> theirs = request.incarnations();
    List<Long> ids = ids(theirs);
    boolean copy = !known.isEmpty() && !ids.contains(known.getLast());
    for (StreamPartition partition : union()) {
      Cursor cursor = current(partition);
      copy |= cursor.settled().overlaps(fork(partition, cursor, theirs, ids), Long.MAX_VALUE);
    }
    if (copy) {
      return Answer.Verdict.COPY;
    }
    if (!ids.equals(ids(asked))) {
      ways.clear();
    }
    ways.put(way.broker(), way);
    known = ids;
    asked = theirs;
    return Answer.Verdict.KNOWN;
  }

  private static List<Long> ids(List<Incarnation> openings) {
    return openings.stream().map(Incarnation::id).toList();
  }

  /** What is in the hub of what a copy and the log have in common. */
  List<Settled> common(StateRequest request) {
    List<Incarnation> theirs = request.incarnations();
    return cursors.entrySet().stream()
        .map(entry -> {
          StreamPartition partition = entry.getKey();
          long fork = fork(partition, entry.getValue(), theirs, ids(theirs));
          return new Settled(partition, entry.getValue().settled().below(fork));
        })
        .toList();
  }

  /**
   * From which offset on the log and the cursor may speak of different readings: where the first
   * opening began that only one of them knows, after the last that both know.
   */
  private long fork(
      StreamPartition partition, Cursor cursor, List<Incarnation> theirs, List<Long> ids) {
    List<Cursor.Opening> ours = cursor.openings();
    for (int i = ours.size() - 1; i >= 0; i--) {
      int at = ids.indexOf(ours.get(i).id());
      if (at < 0) {
        continue;
      }
      long fork = i + 1 < ours.size() ? ours.get(i + 1).first() : Long.MAX_VALUE;
      return at + 1 < theirs.size() ? Math.min(fork, first(theirs.get(at + 1), partition)) : fork;
    }
    if (ours.isEmpty()) {
      return Long.MAX_VALUE;
    }
    // Unused for so long that its openings have left the list: all of it is from before the newest.
    int newest = known.isEmpty() ? -1 : ids.indexOf(known.getLast());
    if (newest < 0) {
      return 0;
    }
    return newest + 1 < theirs.size() ? first(theirs.get(newest + 1), partition) : Long.MAX_VALUE;
  }

  /** A partition that an opening does not name began later. */
  private static long first(Incarnation incarnation, StreamPartition partition) {
    return incarnation.firstOffsets().getOrDefault(partition, 0L);
  }

  /**
   * Judges a batch.
   *
   * @param way by which it came
   */
  Verdict take(Batch batch, Way way) {
    if (asked.isEmpty()
        || asked.getLast().id() != batch.incarnation()
        || !way.equals(ways.get(way.broker()))) {
      return new Verdict.AskForState();
    }
    StreamPartition partition = batch.partition();
    Cursor cursor = current(partition);
    OffsetRanges settled = cursor.settled();
    if (settled.covers(batch.firstOffset(), batch.nextOffset())) {
      return new Verdict.Known();
    }
    OffsetRanges after = settled.add(batch.firstOffset(), batch.nextOffset());
    if (after.ranges().size() > Cursor.MOST_RANGES
        && after.ranges().size() > settled.ranges().size()) {
      return new Verdict.Busy();
    }
    if (settled.isEmpty() && union().size() >= MOST_PARTITIONS) {
      return new Verdict.TooMany();
    }
    List<UplinkRecord> fresh = batch.records();
    var gaps = batch.gaps();
    if (settled.overlaps(batch.firstOffset(), batch.nextOffset())) {
      fresh = fresh.stream().filter(record -> !settled.contains(record.offset())).toList();
      gaps = missing(gaps, settled);
    }
    var next = new Cursor(after, openings(partition));
    tentative.put(partition, next);
    return new Verdict.Write(fresh, gaps, next);
  }

  /** The parts of gaps that are not told yet. */
  private static List<Gap> missing(List<Gap> gaps, OffsetRanges settled) {
    var parts = new ArrayList<Gap>();
    for (Gap gap : gaps) {
      long from = settled.firstMissing(gap.firstOffset());
      while (from < gap.nextOffset()) {
        long to = settled.endOfHole(from, gap.nextOffset());
        parts.add(new Gap(from, to, gap.reason(), gap.kept(), gap.total()));
        from = settled.firstMissing(to);
      }
    }
    return parts;
  }

  private List<Cursor.Opening> openings(StreamPartition partition) {
    return asked.stream()
        .map(incarnation -> new Cursor.Opening(incarnation.id(), first(incarnation, partition)))
        .toList();
  }

  private Set<StreamPartition> union() {
    if (tentative.isEmpty()) {
      return cursors.keySet();
    }
    var all = new TreeMap<StreamPartition, Cursor>(cursors);
    all.putAll(tentative);
    return all.keySet();
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
