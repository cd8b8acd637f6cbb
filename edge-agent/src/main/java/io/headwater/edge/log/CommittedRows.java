package io.headwater.edge.log;

import java.util.List;

/**
 * The rows of one commit. Immutable; the rows' numbers are dense.
 *
 * @param bytes about how much memory they take
 */
public record CommittedRows(long firstSeq, List<Append> rows, long bytes) {
  /** The number of the row behind the last one. */
  public long nextSeq() {
    return firstSeq + rows.size();
  }

  /** The row of a number that is among them. */
  public LogRow row(long seq) {
    Append append = rows.get((int) (seq - firstSeq));
    return new LogRow(
        seq,
        append.capture(),
        append.mqttTopic(),
        append.mqttClient(),
        append.attributes(),
        append.value());
  }
}
