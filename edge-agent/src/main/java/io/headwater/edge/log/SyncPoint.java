package io.headwater.edge.log;

import io.headwater.uplink.StreamPartition;
import java.util.Map;

/**
 * How far the log is forced to disk, and how much further it is committed. Changed by the writer's
 * thread only; read by any.
 *
 * <p>A power cut takes the rows between the two, and their offsets are given anew afterwards. So
 * nothing of them may leave the device, or be noted outside the log's files, before it is forced.
 */
final class SyncPoint {
  private volatile Map<StreamPartition, Long> ends = Map.of();
  private volatile long endSeq;
  private volatile long committedSeq;

  // Of the writer's thread.
  private boolean isBehind;
  private long aheadSinceNanos;

  /** All that is committed is forced to disk. */
  void forced(LogState state) {
    ends = Map.copyOf(state.ends());
    endSeq = state.nextSeq();
    committedSeq = endSeq;
    isBehind = false;
  }

  /** More is committed, rows or gaps, and not forced yet. */
  void committed(LogState state) {
    if (!isBehind) {
      aheadSinceNanos = System.nanoTime();
    }
    isBehind = true;
    committedSeq = state.nextSeq();
  }

  /** Forcing has failed, and is tried again when the time is over once more. */
  void postpone() {
    aheadSinceNanos = System.nanoTime();
  }

  /** Whether something is committed that is not forced to disk. */
  boolean isBehind() {
    return isBehind;
  }

  /** How long forcing can still wait; {@code otherwise} if there is nothing to force. */
  long nanosLeft(long mostNanos, long otherwise) {
    return isBehind() ? Math.max(0, aheadSinceNanos + mostNanos - System.nanoTime()) : otherwise;
  }

  /** The end of what is forced to disk, exclusive, of each partition. */
  Map<StreamPartition, Long> ends() {
    return ends;
  }

  /** The same over all partitions. */
  long endSeq() {
    return endSeq;
  }

  /** The end of what is committed, exclusive, over all partitions. */
  long committedSeq() {
    return committedSeq;
  }

  /** Rows that a power cut would take now. */
  long rowsAhead() {
    return Math.max(0, committedSeq - endSeq);
  }
}
