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
}
