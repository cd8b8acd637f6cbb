package io.headwater.bridge.handover;

import io.headwater.uplink.Batch;
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
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InvalidTopicException;

/**
 * Brings judged batches into the hub and answers them: all in one transaction, or one by one where
 * the hub refuses a record. Confined to the hand-over's thread.
 */
final class Delivery {
  private final Lanes lanes;
  private final HubTopics topics;
  private final TransactionWriter writer;
  private final Answers answers;
  private final BridgeMetrics metrics;
  private final Clock clock;

  Delivery(
      Lanes lanes,
      HubTopics topics,
      TransactionWriter writer,
      Answers answers,
      BridgeMetrics metrics,
      Clock clock) {
    this.lanes = lanes;
    this.topics = topics;
    this.writer = writer;
    this.answers = answers;
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
    return new Taken(taken.batch(), taken.from(), lanes.cursors(taken.log()).take(taken.batch()));
  }

  private void deliverAlone(Taken taken) {
    try {
      transact(List.of(taken));
      answers.afterTransaction(List.of(taken), Map.of());
    } catch (RefusedRecordException refused) {
      lanes.cursors(taken.log()).aborted();
      metrics.rejected(refused.reason().text());
      if (refused.reason() == RejectReason.POISON && taken.batch().records().size() == 1) {
        bury(taken, String.valueOf(refused.getMessage()));
      } else {
        answers.afterTransaction(List.of(taken), Map.of(taken, refused));
      }
    }
  }

  /** A record that the hub never takes: kept in the dead-letter topic, and settled. */
  private void bury(Taken taken, String cause) {
    UplinkRecord record = taken.batch().records().getFirst();
    topics.ensure(taken.batch().partition().stream() + ".dlq");
    Taken again = judgedAnew(taken);
    byte[] value = record.value();
    var kept =
        value.length > Answers.LEAST_CREDIT
            ? new UplinkRecord(
                record.offset(),
                record.capturedMs(),
                record.clock(),
                record.key(),
                Arrays.copyOf(value, (int) Answers.LEAST_CREDIT),
                record.mqttTopic(),
                record.mqttClient())
            : record;
    commit(
        List.of(again), List.of(HubRecords.poison(taken.batch(), kept, clock.millis(), cause)), 0);
    answers.afterTransaction(List.of(again), Map.of());
  }

  private void transact(List<Taken> taken) {
    var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
    long now = clock.millis();
    long gaps = 0;
    for (Taken each : taken) {
      if (each.verdict() instanceof GatewayCursors.Verdict.Write(var fresh, var newGaps, var _)) {
        Optional<Duration> retention = retention(each.batch());
        if (retention.isEmpty()) {
          throw new RefusedRecordException(
              RejectReason.NO_TOPIC, "the hub has no topic " + each.batch().partition().stream());
        }
        for (UplinkRecord record : fresh) {
          records.add(HubRecords.reading(each.batch(), record, now, retention.get()));
        }
        for (Gap gap : newGaps) {
          records.add(HubRecords.gap(each.batch(), gap, now));
          gaps++;
        }
      }
    }
    commit(taken, records, gaps);
  }

  private Optional<Duration> retention(Batch batch) {
    try {
      return topics.ensure(batch.partition().stream());
    } catch (InvalidTopicException e) {
      throw new RefusedRecordException(RejectReason.NOT_ALLOWED, String.valueOf(e.getMessage()));
    }
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
