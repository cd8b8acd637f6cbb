package io.headwater.bridge.handover;

import io.headwater.uplink.RejectReason;
import io.headwater.uplink.StreamPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
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

  TransactionWriter(
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
    var lanes = new HashSet<Integer>();
    var all = new ArrayList<>(records);
    touched.forEach((log, cursors) -> {
      lanes.add(log.lane());
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
    write(all, lanes);
    touched.values().forEach(GatewayCursors::committed);
    metrics.committed(records.size() - gaps, gaps);
  }

  /** Deletes the cursors of logs. */
  void forget(Map<LogId, GatewayCursors> logs) {
    if (logs.isEmpty()) {
      return;
    }
    var lanes = new HashSet<Integer>();
    var tombstones = new ArrayList<ProducerRecord<byte[], byte[]>>();
    logs.forEach((log, cursors) -> {
      lanes.add(log.lane());
      for (StreamPartition partition : cursors.partitions()) {
        byte[] key = new CursorKey(log.gateway(), log.epoch(), partition).toBytes();
        tombstones.add(new ProducerRecord<>(HubTopics.CURSORS, log.lane(), key, null));
      }
    });
    write(tombstones, lanes);
  }

  /**
   * Writes records of lanes that are owned, and returns once they are committed.
   *
   * @throws RefusedRecordException if the hub does not take a record; nothing was written
   */
  void write(List<ProducerRecord<byte[], byte[]>> records, Set<Integer> lanes) {
    long started = System.nanoTime();
    var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
    lanes.forEach(lane -> offsets.put(CursorStore.partition(lane), new OffsetAndMetadata(0)));
    var failure = new AtomicReference<@Nullable Exception>();
    var generation = member.groupMetadata();
    producer.beginTransaction();
    try {
      for (ProducerRecord<byte[], byte[]> record : records) {
        producer.send(record, (_, e) -> failure.accumulateAndGet(e, TransactionWriter::telling));
        if (failure.get() != null) {
          break; // a refused record puts the producer into an error state: nothing more is taken
        }
      }
      producer.flush();
    } catch (KafkaException e) {
      failure.accumulateAndGet(e, TransactionWriter::telling);
    }
    Exception refused = failure.get();
    if (refused != null) {
      RejectReason reason = reason(refused);
      if (reason == null) {
        throw new KafkaException("records were not taken", refused);
      }
      producer.abortTransaction();
      throw new RefusedRecordException(reason, String.valueOf(refused.getMessage()));
    }
    // Only this call checks that the lanes are still ours; the flush before it must be complete.
    producer.sendOffsetsToTransaction(offsets, generation);
    producer.commitTransaction(); // any error: outcome unknown, everything is begun anew
    metrics.transaction(System.nanoTime() - started);
  }

  /**
   * The one of two failures that tells more. Where the hub refuses some records of a producer's
   * batch, only they are told why, and those before them just that they were in that batch.
   */
  private static @Nullable Exception telling(
      @Nullable Exception before, @Nullable Exception failure) {
    return before == null || (failure != null && reason(before) == null && reason(failure) != null)
        ? failure
        : before;
  }

  /** What a record is refused for; null if that says nothing about the record. */
  private static @Nullable RejectReason reason(Exception refused) {
    if (refused instanceof RecordTooLargeException
        || refused instanceof RecordBatchTooLargeException
        || refused instanceof InvalidRecordException
        || refused instanceof InvalidTimestampException) {
      return RejectReason.POISON;
    }
    return refused instanceof TopicAuthorizationException ? RejectReason.NOT_ALLOWED : null;
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(1));
  }
}
