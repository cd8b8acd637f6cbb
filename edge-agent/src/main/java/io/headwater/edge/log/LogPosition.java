package io.headwater.edge.log;

import io.headwater.uplink.Incarnation;

/**
 * A place in the log that outlives the process; by the log's incarnation, so that a place in
 * another log is told apart.
 *
 * @param seq of the next row
 */
public record LogPosition(long incarnation, long seq) {
  public static LogPosition of(EdgeLog log, long seq) {
    return new LogPosition(log.incarnations().getLast().id(), seq);
  }

  /** Whether there is such a place in that log. */
  public boolean isIn(EdgeLog log) {
    return seq <= log.endSeq()
        && log.incarnations().stream().mapToLong(Incarnation::id).anyMatch(id -> id == incarnation);
  }
}
