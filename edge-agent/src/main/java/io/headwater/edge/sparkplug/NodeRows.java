package io.headwater.edge.sparkplug;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.RowWalk;
import io.headwater.edge.mqtt.TopicFilters;
import io.headwater.edge.sparkplug.NodeMetrics.Reading;
import io.micrometer.core.instrument.Counter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of the log that are metrics. They are walked through twice: a survey goes ahead, so that
 * a birth knows all metrics with their types and newest values before the first of the backlog is
 * said. Rows that are said as they come are read once. Confined to the node's thread.
 */
final class NodeRows {
  /** From where a birth knows metrics after a start of the agent: so many rows before the end. */
  private static final long KNOWN_ROWS = 20_000;

  /** Read in a step at most. */
  private static final int ROWS_OF_A_STEP = 2_000;

  private static final int ROWS_AHEAD = 200;
  private static final int BYTES_AHEAD = 256 << 10;

  /**
   * A reading whose turn it is.
   *
   * @param seq of its row
   */
  record Due(long seq, Reading reading) {}

  private final EdgeLog log;
  private final RowWalk rows;
  private final RowWalk survey;
  private final List<String> topics;
  private final DeviceClock clock;
  private final NodeMetrics metrics;
  private final Counter gone;
  private final Counter skipped;
  private @Nullable Due putBack;

  /**
   * Begins where rows are said next.
   *
   * @param rows those that have not been said
   * @param topics filters
   * @param metrics learns what they are
   * @param gone counts rows that the log has no more
   * @param skipped counts rows that cannot be metrics
   */
  NodeRows(
      EdgeLog log,
      RowWalk rows,
      List<String> topics,
      DeviceClock clock,
      NodeMetrics metrics,
      Counter gone,
      Counter skipped) {
    this.log = log;
    this.rows = rows;
    this.topics = topics;
    this.clock = clock;
    this.metrics = metrics;
    this.gone = gone;
    this.skipped = skipped;
    long known = Math.max(log.startSeq(), log.endSeq() - KNOWN_ROWS);
    this.survey = new RowWalk(log, Math.min(rows.seq(), known), ROWS_AHEAD, BYTES_AHEAD);
  }

  /** Goes on with the survey, by a step; true if it has come there. */
  boolean survey(long to) {
    for (int i = 0; i < ROWS_OF_A_STEP && survey.seq() < to; i++) {
      LogRow row = survey.next();
      if (row == null) {
        break;
      }
      if (isMetric(row.mqttTopic())) {
        metrics.learn(reading(row));
      }
    }
    return survey.seq() >= to;
  }

  /** Whether the survey has gone past all that the log has. */
  boolean isSurveyed() {
    return survey.seq() >= log.endSeq();
  }

  /** The next one; null if there is none, or none within a step. */
  @Nullable Due next() {
    Due before = putBack;
    if (before != null) {
      putBack = null;
      return before;
    }
    for (int i = 0; i < ROWS_OF_A_STEP; i++) {
      LogRow row = rows.next();
      gone.increment((double) rows.takeMissing());
      if (row == null) {
        return null;
      }
      boolean isNew = row.seq() >= survey.seq();
      if (isNew) {
        survey.goTo(row.seq() + 1);
      }
      if (isMetric(row.mqttTopic())) {
        Reading reading = reading(row);
        if (isNew) {
          metrics.learn(reading);
        }
        if (metrics.knows(reading.name())) {
          return new Due(row.seq(), reading);
        }
        skipped.increment();
      }
    }
    return null;
  }

  /** It did not fit, and is the next one again. */
  void putBack(Due due) {
    putBack = due;
  }

  /** Rows below it have been given by {@link #next}, or are no metrics. */
  long seq() {
    Due waits = putBack;
    return waits == null ? rows.seq() : waits.seq();
  }

  boolean isAtEnd() {
    return putBack == null && rows.isAtEnd();
  }

  /** The walk has been set back. */
  void forget() {
    putBack = null;
  }

  private Reading reading(LogRow row) {
    return NodeMetrics.read(
        row.mqttTopic(), row.value(), clock.boots().time(row.capture()).millis());
  }

  private boolean isMetric(String topic) {
    return !topic.startsWith(SparkplugTopic.NAMESPACE)
        && topics.stream().anyMatch(filter -> TopicFilters.matches(filter, topic));
  }
}
