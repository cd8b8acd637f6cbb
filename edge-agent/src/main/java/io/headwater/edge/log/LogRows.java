package io.headwater.edge.log;

import java.util.List;

/**
 * A stretch of the log in the order of writing.
 *
 * @param nextSeq where to read on
 * @param missing rows from the place asked for that are not kept any more: deleted, or in a file
 *     that was damaged
 */
public record LogRows(List<LogRow> rows, long nextSeq, long missing) {
  public LogRows {
    rows = List.copyOf(rows);
  }

  /**
   * Without the rows from a seq on.
   *
   * @param from the place that was asked for
   */
  LogRows below(long endSeq, long from) {
    if (nextSeq <= endSeq) {
      return this;
    }
    List<LogRow> kept = rows.stream().filter(row -> row.seq() < endSeq).toList();
    return kept.isEmpty()
        ? new LogRows(kept, endSeq, endSeq - from)
        : new LogRows(kept, kept.getLast().seq() + 1, missing);
  }
}
