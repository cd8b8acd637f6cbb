package io.headwater.edge.log;

import io.headwater.uplink.Incarnation;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StateRequest;
import io.headwater.uplink.StreamPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the log knows besides its rows. Confined to the writer's thread after opening; each new file
 * begins with a copy.
 */
final class LogState {
  /** A partition's number in the files and the offset that its next row gets. */
  static final class PartitionState {
    private final int id;
    private long nextOffset;

    PartitionState(int id, long nextOffset) {
      this.id = id;
      this.nextOffset = nextOffset;
    }

    int id() {
      return id;
    }

    long nextOffset() {
      return nextOffset;
    }

    long take() {
      return nextOffset++;
    }

    void setNextOffset(long offset) {
      nextOffset = offset;
    }
  }

  private long epoch;
  private long nextSeq;
  private long firstOffset;
  private long changes;
  private StateTables.RetainedSize retained = new StateTables.RetainedSize(0, 0);
  private long zeroMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  private final Map<StreamPartition, PartitionState> partitions = new HashMap<>();
  private final List<Incarnation> incarnations = new ArrayList<>();
  private long lastAsked;
  private long lastSent;
  private final Map<StreamPartition, OffsetRanges> settled = new HashMap<>();

  LogState(long epoch) {
    this.epoch = epoch;
    this.nextSeq = 1;
  }

  long epoch() {
    return epoch;
  }

  void setEpoch(long epoch) {
    this.epoch = epoch;
  }

  long nextSeq() {
    return nextSeq;
  }

  void setNextSeq(long seq) {
    nextSeq = seq;
  }

  /**
   * What a new partition begins with: 0, or more once a file was lost that may have known
   * partitions which no other file knows.
   */
  long firstOffset() {
    return firstOffset;
  }

  void setFirstOffset(long offset) {
    firstOffset = offset;
  }

  /** How many groups of this file have changed state. */
  long changes() {
    return changes;
  }

  void setChanges(long changes) {
    this.changes = changes;
  }

  StateTables.RetainedSize retained() {
    return retained;
  }

  void setRetained(StateTables.RetainedSize size) {
    retained = size;
  }

  /** Milliseconds of running time, over all openings; what is told to {@link #setRunningMs} on. */
  long runningMs() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime()) - zeroMs;
  }

  void setRunningMs(long now) {
    zeroMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime()) - now;
  }

  Map<StreamPartition, PartitionState> partitions() {
    return partitions;
  }

  List<Incarnation> incarnations() {
    return incarnations;
  }

  /** The last opening that may have asked a bridge for its state; 0 if none has. */
  long lastAsked() {
    return lastAsked;
  }

  void setLastAsked(long incarnation) {
    lastAsked = incarnation;
  }

  /** The last opening that may have sent a batch; 0 if none has. */
  long lastSent() {
    return lastSent;
  }

  void setLastSent(long incarnation) {
    lastSent = incarnation;
  }

  /**
   * Adds this opening. Of too many the oldest is dropped, but not the two that a bridge may hold
   * for the newest of all: without them the log would look like a copy to it.
   */
  void open(Incarnation opening) {
    incarnations.add(opening);
    while (incarnations.size() > StateRequest.MOST_INCARNATIONS) {
      int drop = 0;
      while (isHeld(incarnations.get(drop).id())) {
        drop++;
      }
      Incarnation dropped = incarnations.remove(drop);
      // What it wrote counts as its successor's, so that nobody takes it for written before.
      long successor = incarnations.get(drop).id();
      incarnations.set(drop, new Incarnation(successor, dropped.firstOffsets()));
    }
  }

  private boolean isHeld(long incarnation) {
    return incarnation == lastAsked || incarnation == lastSent;
  }

  Map<StreamPartition, OffsetRanges> settled() {
    return settled;
  }

  /** A group is certainly not on disk: what it took is free again. */
  void takeBack(WriteGroup.Counters before) {
    nextSeq = before.nextSeq();
    changes = before.changes();
    retained = before.retained();
    partitions.keySet().removeIf(partition -> !before.ends().containsKey(partition));
    partitions.forEach(
        (partition, counter) -> counter.setNextOffset(before.ends().getOrDefault(partition, 0L)));
  }

  Map<StreamPartition, Long> ends() {
    var ends = new HashMap<StreamPartition, Long>();
    partitions.forEach((partition, state) -> ends.put(partition, state.nextOffset()));
    return ends;
  }
}
