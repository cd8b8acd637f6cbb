package io.headwater.edge.mqtt;

import io.headwater.edge.log.Append;
import io.headwater.edge.log.CommittedRows;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.LogRows;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A place in the log, and what brings it on: the rows that the loop's feed still has, else those on
 * the disk. Confined to one event loop.
 */
final class RowCursor {
  /** Who goes through the rows. */
  interface Reader {
    /** Whether a row may be wanted; asked before it is put together. */
    boolean wants(String topic, String publisher, long seq);

    /** False if there is no room for the row: it comes again at the next {@link #advance}. */
    boolean take(LogRow row);

    /** More was read from the disk. */
    void pump();

    /** Whether what is read now is of no use any more. */
    boolean isClosed();
  }

  private final LoopFeed feed;
  private final SessionStore store;
  private final LoopTasks tasks;
  private final MqttMetrics metrics;
  private final Reader reader;
  private final Deque<LogRow> read = new ArrayDeque<>();
  private long position;
  private boolean reading;

  RowCursor(
      LoopFeed feed,
      SessionStore store,
      LoopTasks tasks,
      MqttMetrics metrics,
      Reader reader,
      long position) {
    this.feed = feed;
    this.store = store;
    this.tasks = tasks;
    this.metrics = metrics;
    this.reader = reader;
    this.position = position;
  }

  /** The row that comes next. */
  long position() {
    return position;
  }

  /** Passes over all rows below a place. */
  void skipTo(long seq) {
    position = Math.max(position, seq);
  }

  /** Whether a row is the next one, and nothing before it waits or is being read. */
  boolean isRightBefore(long seq) {
    return position == seq && read.isEmpty() && !reading;
  }

  /** Forgets what was read and not taken: it is read again. */
  void clear() {
    read.clear();
  }

  /** Gives the reader what it has room for and what is there. */
  void advance() {
    boolean goOn = true;
    while (goOn && position < feed.end()) {
      goOn = fromRead() && fromFeed();
    }
  }

  /** Takes what was read from the disk; false if there is no room for the next row. */
  private boolean fromRead() {
    while (!read.isEmpty()) {
      LogRow row = read.getFirst();
      if (row.seq() >= position) {
        if (reader.wants(row.mqttTopic(), row.mqttClient(), row.seq()) && !reader.take(row)) {
          return false;
        }
        position = row.seq() + 1;
      }
      read.removeFirst();
    }
    return true;
  }

  /** Takes what the feed has, or asks the disk; false if there is nothing to be had now. */
  private boolean fromFeed() {
    if (reading || position >= feed.end()) {
      return false;
    }
    CommittedRows rows = feed.find(position);
    if (rows == null) {
      reading = true;
      store.rows(position, tasks, this::wasRead);
      return false;
    }
    while (position < rows.nextSeq()) {
      Append append = rows.rows().get((int) (position - rows.firstSeq()));
      if (reader.wants(append.mqttTopic(), append.mqttClient(), position)
          && !reader.take(rows.row(position))) {
        return false;
      }
      position++;
    }
    return true;
  }

  private void wasRead(LogRows rows) {
    reading = false;
    if (reader.isClosed()) {
      return;
    }
    if (rows.missing() > 0) {
      metrics.dropped("backlog");
    }
    read.addAll(rows.rows());
    if (rows.rows().isEmpty()) {
      skipTo(rows.nextSeq()); // the next tick looks again
    } else {
      reader.pump();
    }
  }
}
