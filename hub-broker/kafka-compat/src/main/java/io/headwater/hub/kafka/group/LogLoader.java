package io.headwater.hub.kafka.group;

import io.headwater.hub.kafka.log.LogRecords;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.process.Threads;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;

/** Replays a partition of {@code __consumer_offsets} into the coordinator's state. */
final class LogLoader implements CoordinatorLoader<CoordinatorRecord> {
  private final Tenures tenures;
  private final Clock clock;
  private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Threads.factory("hub-group-loader"));

  LogLoader(Tenures tenures, Clock clock) {
    this.tenures = tenures;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<LoadSummary> load(
      TopicPartition partition, CoordinatorPlayback<CoordinatorRecord> coordinator) {
    long asked = clock.millis();
    PartitionLog log;
    try {
      // Here, behind what the tenure before still had to write.
      log = tenures.reading(partition).log();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    return CompletableFuture.supplyAsync(() -> replay(log, coordinator, asked), thread);
  }

  private LoadSummary replay(
      PartitionLog log, CoordinatorPlayback<CoordinatorRecord> coordinator, long asked) {
    long started = clock.millis();
    var records = new AtomicLong();
    var bytes = new AtomicLong();
    var written = new AtomicLong(-1);
    LogRecords.forEachBatch(
        log,
        batch -> {
          bytes.addAndGet(batch.sizeInBytes());
          for (Record record : batch) {
            records.incrementAndGet();
            if (batch.isControlBatch()) {
              replayMarker(batch, record, coordinator);
            } else {
              replayRecord(batch, record, coordinator);
            }
          }
          written.set(batch.nextOffset());
          coordinator.updateLastWrittenOffset(batch.nextOffset());
        });
    // The coordinator's next write must follow the log's end, even if compaction took the tail.
    if (log.endOffset() > 0 && log.endOffset() > written.get()) {
      coordinator.updateLastWrittenOffset(log.endOffset());
    }
    coordinator.updateLastCommittedOffset(log.highWatermark());
    return new LoadSummary(started, clock.millis(), started - asked, records.get(), bytes.get());
  }

  private static void replayMarker(
      RecordBatch batch, Record record, CoordinatorPlayback<CoordinatorRecord> coordinator) {
    ControlRecordType type = ControlRecordType.parse(record.key());
    if (type == ControlRecordType.COMMIT || type == ControlRecordType.ABORT) {
      coordinator.replayEndTransactionMarker(
          batch.producerId(),
          batch.producerEpoch(),
          type == ControlRecordType.COMMIT ? TransactionResult.COMMIT : TransactionResult.ABORT);
    }
  }

  private void replayRecord(
      RecordBatch batch, Record record, CoordinatorPlayback<CoordinatorRecord> coordinator) {
    CoordinatorRecord replayed;
    try {
      replayed = serde.deserialize(record.key(), record.value());
    } catch (Deserializer.UnknownRecordTypeException _) {
      return; // written by a newer version; Kafka skips it too
    }
    coordinator.replay(record.offset(), batch.producerId(), batch.producerEpoch(), replayed);
  }

  @Override
  public void close() {
    thread.close(); // waits: an interrupt within a file's channel would close the log's segment
  }
}
