package io.headwater.bridge.handover;

import io.headwater.uplink.Gap;
import io.headwater.uplink.RejectReason;
import io.headwater.uplink.UplinkRecord;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Brings judged batches into the hub and answers them: all in one transaction, or one by one where
 * the hub refuses a record. Confined to the hand-over's thread.
 */
final class Delivery {
  /** Of a record in a dead-letter topic: it may be there because it is too large. */
  private static final int MOST_KEPT = 64 << 10;

  private final Lanes lanes;
  private final HubTopics topics;
  private final TransactionWriter writer;
  private final Answers answers;
  private final CaptureTimes times;
  private final BridgeMetrics metrics;
  private final Clock clock;

  Delivery(
      Lanes lanes,
      HubTopics topics,
      TransactionWriter writer,
      Answers answers,
      CaptureTimes times,
      BridgeMetrics metrics,
      Clock clock) {
    this.lanes = lanes;
    this.topics = topics;
    this.writer = writer;
    this.answers = answers;
    this.times = times;
    this.metrics = metrics;
    this.clock = clock;
  }

  void deliver(List<Taken> taken) {
    if (taken.isEmpty()) {
      return;
    }
    try {
      transact(taken);
      answers.afterTransaction(taken, Map.of());
    } catch (RefusedRecordException refused) {
      taken.forEach(each -> lanes.cursors(each.log()).aborted());
      taken.forEach(each -> deliverAlone(judgedAnew(each)));
    }
  }

  private Taken judgedAnew(Taken taken) {
    return new Taken(
        taken.batch(),
        taken.from(),
        taken.way(),
        lanes.cursors(taken.log()).take(taken.batch(), taken.way()));
  }

  private void deliverAlone(Taken taken) {
    try {
      transact(List.of(taken));
      answers.afterTransaction(List.of(taken), Map.of());
    } catch (RefusedRecordException refused) {
      lanes.cursors(taken.log()).aborted();
      metrics.rejected(refused.reason().text());
      if (refused.reason() == RejectReason.POISON && taken.batch().records().size() == 1) {
        buryOrRefuse(taken, String.valueOf(refused.getMessage()));
      } else {
        answers.afterTransaction(List.of(taken), Map.of(taken, refused));
      }
    }
  }

  private void buryOrRefuse(Taken taken, String cause) {
    try {
      bury(taken, cause);
    } catch (RefusedRecordException refused) {
      lanes.cursors(taken.log()).aborted();
      metrics.rejected(refused.reason().text());
      answers.afterTransaction(List.of(taken), Map.of(taken, refused));
    }
  }

  /** Deletes the cursors of logs that have been silent for long. */
  void forget(Map<LogId, GatewayCursors> outdated) {
    writer.forget(outdated);
    metrics.forgotten(outdated.size());
  }

  /** A record that the hub never takes: kept in the dead-letter topic, and settled. */
  private void bury(Taken taken, String cause) {
    UplinkRecord record = taken.batch().records().getFirst();
    var _ = topics.retentionOf(taken.batch().partition().stream() + ".dlq");
    Taken again = judgedAnew(taken);
    byte[] value = record.value();
    var kept =
        value.length > MOST_KEPT
            ? new UplinkRecord(
                record.offset(),
                record.capturedMs(),
                record.clock(),
                record.key(),
                Arrays.copyOf(value, MOST_KEPT),
                record.mqttTopic(),
                record.mqttClient())
            : record;
    long now = clock.millis();
    var hubRecords = new HubRecords(taken.batch());
    var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
    records.add(hubRecords.poison(kept, now, cause));
    long gaps =
        again.verdict() instanceof GatewayCursors.Verdict.Write write
            ? addGaps(hubRecords, write.gaps(), times.learn(taken.batch(), now), now, records)
            : 0;
    commit(List.of(again), records, gaps);
    answers.afterTransaction(List.of(again), Map.of());
  }

  private static long addGaps(
      HubRecords hubRecords,
      List<Gap> gaps,
      CaptureTimes.Neighbours neighbours,
      long now,
      List<ProducerRecord<byte[], byte[]>> records) {
    for (Gap gap : gaps) {
      records.add(hubRecords.gap(gap, neighbours.around(gap), now));
    }
    return gaps.size();
  }

  private void transact(List<Taken> taken) {
    var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
    long now = clock.millis();
    long gaps = 0;
    for (Taken each : taken) {
      if (each.verdict() instanceof GatewayCursors.Verdict.Write(var fresh, var newGaps, var _)) {
        Duration retention = topics.retentionOf(each.batch().partition().stream());
        var hubRecords = new HubRecords(each.batch());
        CaptureTimes.Neighbours neighbours = times.learn(each.batch(), now);
        for (UplinkRecord record : fresh) {
          records.add(hubRecords.reading(record, now, retention));
        }
        gaps += addGaps(hubRecords, newGaps, neighbours, now, records);
      }
    }
    commit(taken, records, gaps);
  }

  private void commit(List<Taken> taken, List<ProducerRecord<byte[], byte[]>> records, long gaps) {
    var touched = new HashMap<LogId, GatewayCursors>();
    for (Taken each : taken) {
      if (each.verdict() instanceof GatewayCursors.Verdict.Write) {
        touched.put(each.log(), lanes.cursors(each.log()));
      }
    }
    writer.commit(records, gaps, touched);
  }
}
