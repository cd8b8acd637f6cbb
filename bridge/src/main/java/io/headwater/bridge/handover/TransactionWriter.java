package io.headwater.bridge.handover;

import io.headwater.uplink.RejectReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/**
 * Writes records and cursors in one transaction. Confined to the hand-over's thread.
 *
 * <p>After an exception other than {@link RefusedRecordException} the outcome is unknown: it is
 * closed, and the cursors are read again.
 */
final class TransactionWriter implements AutoCloseable {
  private final Producer<byte[], byte[]> producer;
  private final Consumer<byte[], byte[]> member;
  private final BridgeMetrics metrics;

  private TransactionWriter(
      Producer<byte[], byte[]> producer, Consumer<byte[], byte[]> member, BridgeMetrics metrics) {
    this.producer = producer;
    this.member = member;
    this.metrics = metrics;
  }

  /**
   * Takes over the transactional id of this bridge.
   *
   * @param member whose generation decides whether lanes are still ours
   */
  static TransactionWriter open(
      HubClients clients, Consumer<byte[], byte[]> member, BridgeMetrics metrics) {
    Producer<byte[], byte[]> producer = clients.producer();
    try {
      producer.initTransactions();
    } catch (RuntimeException e) {
      producer.close(Duration.ZERO);
      throw e;
    }
    return new TransactionWriter(producer, member, metrics);
  }

  /**
   * Writes, and returns once it is committed.
   *
   * @param gaps how many of the records are gaps
   * @param touched whose tentative cursors are written
   * @throws RefusedRecordException if the hub does not take a record; nothing was written
   */
  void commit(
      List<ProducerRecord<byte[], byte[]>> records, long gaps, Map<LogId, GatewayCursors> touched) {
    if (touched.isEmpty()) {
      return;
    }
    long started = System.nanoTime();
    var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
    var all = new ArrayList<>(records);
    touched.forEach((log, cursors) -> {
      offsets.put(CursorStore.partition(log.lane()), new OffsetAndMetadata(0));
      cursors
          .tentative()
          .forEach((partition, cursor) ->
              all.add(
                  new ProducerRecord<>(
                      HubTopics.CURSORS,
                      log.lane(),
                      new CursorKey(log.gateway(), log.epoch(), partition).toBytes(),
                      cursor.toBytes())));
    });
    var failure = new AtomicReference<@Nullable Exception>();
    var generation = member.groupMetadata();
    producer.beginTransaction();
    try {
      for (ProducerRecord<byte[], byte[]> record : all) {
        producer.send(record, (_, e) -> failure.compareAndSet(null, e));
        if (failure.get() != null) {
          break; // a refused record puts the producer into an error state: nothing more is taken
        }
      }
      producer.flush();
    } catch (KafkaException e) {
      failure.compareAndSet(null, e);
    }
    Exception refused = failure.get();
    if (refused instanceof RecordTooLargeException
        || refused instanceof RecordBatchTooLargeException) {
      producer.abortTransaction();
      throw new RefusedRecordException(RejectReason.POISON, String.valueOf(refused.getMessage()));
    }
    if (refused != null) {
      throw new KafkaException("records were not taken", refused);
    }
    // Only this call checks that the lanes are still ours; the flush before it must be complete.
    producer.sendOffsetsToTransaction(offsets, generation);
    producer.commitTransaction(); // any error: outcome unknown, everything is begun anew
    touched.values().forEach(GatewayCursors::committed);
    metrics.committed(records.size() - gaps, gaps, System.nanoTime() - started);
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(1));
  }
}
