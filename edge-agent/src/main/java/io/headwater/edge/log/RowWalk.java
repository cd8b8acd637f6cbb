package io.headwater.edge.log;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the forced rows of all partitions in the order of writing, some read ahead. Not
 * thread-safe.
 */
public final class RowWalk {
  private final EdgeLog log;
  private final int rowsAhead;
  private final int bytesAhead;
  private final Deque<LogRow> ahead = new ArrayDeque<>();
  private long seq;
  private long missing;

  /**
   * @param from where it begins
   * @param rowsAhead read at once, at most
   */
  public RowWalk(EdgeLog log, long from, int rowsAhead, int bytesAhead) {
    this.log = log;
    this.seq = from;
    this.rowsAhead = rowsAhead;
    this.bytesAhead = bytesAhead;
  }

  /** The next row; null at the end of the log. What is gone before it counts as missing. */
  public @Nullable LogRow next() {
    if (ahead.isEmpty() && seq < log.endSeq()) {
      LogRows rows = log.forcedRows(seq, rowsAhead, bytesAhead);
      missing += rows.missing();
      seq += rows.missing();
      ahead.addAll(rows.rows());
    }
    LogRow row = ahead.poll();
    if (row != null) {
      seq = row.seq() + 1;
    }
    return row;
  }

  /** The first row that {@link #next} has not given. */
  public long seq() {
    return seq;
  }

  public boolean isAtEnd() {
    return ahead.isEmpty() && seq >= log.endSeq();
  }

  /** Rows that were gone when the walk came to them, since the last call. */
  public long takeMissing() {
    long taken = missing;
    missing = 0;
    return taken;
  }

  public void goTo(long place) {
    seq = place;
    ahead.clear();
  }
}
