package io.headwater.hub.kafka.group;

import io.headwater.hub.kafka.api.TransactionVerifier;
import io.headwater.hub.kafka.log.PartitionLog;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.coordinator.common.runtime.PartitionWriter;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/** The group coordinator's way into the log. Thread-safe. */
final class LogWriter implements PartitionWriter {
  private record Registered(TopicPartition partition, Listener listener) {}

  private final Tenures tenures;
  private final TransactionVerifier transactions;
  private final Map<Registered, PartitionLog.Registration> registrations =
      new ConcurrentHashMap<>();

  LogWriter(Tenures tenures, TransactionVerifier transactions) {
    this.tenures = tenures;
    this.transactions = transactions;
  }

  @Override
  public void registerListener(TopicPartition partition, Listener listener) {
    registrations.put(
        new Registered(partition, listener),
        log(partition)
            .onHighWatermark(
                highWatermark -> listener.onHighWatermarkUpdated(partition, highWatermark)));
  }

  @Override
  public void deregisterListener(TopicPartition partition, Listener listener) {
    PartitionLog.Registration registration =
        registrations.remove(new Registered(partition, listener));
    if (registration != null) {
      registration.close();
    }
  }

  @Override
  public LogConfig config(TopicPartition partition) {
    return log(partition).config();
  }

  @Override
  public long append(
      TopicPartition partition,
      VerificationGuard guard,
      MemoryRecords records,
      short transactionVersion) {
    Tenures.Tenure tenure = tenures.writing(partition);
    return tenure
            .log()
            .append(
                records, tenure.leaderEpoch(), AppendOrigin.COORDINATOR, guard, transactionVersion)
            .lastOffset()
        + 1;
  }

  @Override
  public CompletableFuture<VerificationGuard> maybeStartTransactionVerification(
      TopicPartition partition,
      String transactionalId,
      long producerId,
      short producerEpoch,
      int apiVersion) {
    return transactions.verify(
        partition,
        transactionalId,
        producerId,
        producerEpoch,
        RecordBatch.NO_SEQUENCE,
        TransactionVerifier.Dialect.ofTxnOffsetCommit(apiVersion));
  }

  @Override
  public CompletableFuture<Void> deleteRecords(TopicPartition partition, long beforeOffset) {
    return log(partition).deleteBefore(beforeOffset).thenApply(_ -> null);
  }

  private PartitionLog log(TopicPartition partition) {
    return tenures.writing(partition).log();
  }
}
