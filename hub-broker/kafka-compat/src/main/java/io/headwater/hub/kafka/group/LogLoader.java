package io.headwater.hub.kafka.group;

import io.headwater.hub.kafka.log.LogCursor;
import io.headwater.hub.kafka.log.LogEngine;
import io.headwater.hub.kafka.log.PartitionLog;
import io.headwater.hub.kafka.log.ReadAgain;
import io.headwater.process.Threads;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.TransactionResult;
import org.apache.kafka.coordinator.common.runtime.CoordinatorLoader;
import org.apache.kafka.coordinator.common.runtime.CoordinatorPlayback;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.Deserializer;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replays a partition of {@code __consumer_offsets} into the coordinator's state, on a thread of
 * its own, {@code hub-group-loader-0}.
 *
 * <p>What cannot be read is read again, as long as its tenure lasts: the coordinator gives a
 * partition up whose load has failed, and asks for no other. Clients are told meanwhile that it is
 * being read.
 */
final class LogLoader implements CoordinatorLoader<CoordinatorRecord> {
  private static final Logger LOGGER = LoggerFactory.getLogger(LogLoader.class);

  private final Tenures tenures;
  private final LogEngine engine;
  private final Clock clock;
  private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();
  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(1, Threads.factory("hub-group-loader"));

  LogLoader(Tenures tenures, LogEngine engine, Clock clock) {
    this.tenures = tenures;
    this.engine = engine;
    this.clock = clock;
    // What waits to be read is not waited for at the end.
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    thread.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
  }

  @Override
  public CompletableFuture<LoadSummary> load(
      TopicPartition partition, CoordinatorPlayback<CoordinatorRecord> coordinator) {
    Tenures.Tenure tenure;
    try {
      // Here, behind what the tenure before still had to write.
      tenure = tenures.reading(partition);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    var load = new Load(partition, tenure, coordinator);
    thread.execute(load);
    return load.done;
  }

  /** One partition in one tenure. But for its making, confined to the thread. */
  private final class Load implements Runnable {
    private final TopicPartition partition;
    private final Tenures.Tenure tenure;
    private final CoordinatorPlayback<CoordinatorRecord> coordinator;
    private final CompletableFuture<LoadSummary> done = new CompletableFuture<>();
    private final ReadAgain again = new ReadAgain();
    private final long asked = clock.millis();
    private long started = -1;
    private @Nullable LogCursor cursor;
    private long records;
    private long bytes;
    private long written = -1;

    Load(
        TopicPartition partition,
        Tenures.Tenure tenure,
        CoordinatorPlayback<CoordinatorRecord> coordinator) {
      this.partition = partition;
      this.tenure = tenure;
      this.coordinator = coordinator;
    }

    /** Replays from where it has come to. */
    @Override
    public void run() {
      if (started == -1) {
        started = clock.millis();
      }
      try {
        MemoryRecords read;
        do {
          try {
            read = read();
          } catch (RuntimeException e) {
            unreadable(e);
            return;
          }
          again.reset();
          read.batches().forEach(this::replay);
        } while (read.sizeInBytes() > 0);
        end();
      } catch (RuntimeException | Error e) {
        // Not to be repeated: the coordinator's state has a part of it already.
        fail(e);
      }
    }

    private MemoryRecords read() {
      if (cursor == null) {
        cursor = new LogCursor(tenure.log());
      }
      return cursor.next();
    }

    private void replay(RecordBatch batch) {
      bytes += batch.sizeInBytes();
      for (Record record : batch) {
        records++;
        if (batch.isControlBatch()) {
          replayMarker(batch, record, coordinator);
        } else {
          replayRecord(batch, record, coordinator);
        }
      }
      written = batch.nextOffset();
      coordinator.updateLastWrittenOffset(written);
    }

    private void end() {
      PartitionLog log = tenure.log();
      // The coordinator's next write must follow the log's end, even if compaction took the tail.
      if (log.endOffset() > 0 && log.endOffset() > written) {
        coordinator.updateLastWrittenOffset(log.endOffset());
      }
      coordinator.updateLastCommittedOffset(log.highWatermark());
      if (isWanted()) {
        done.complete(new LoadSummary(started, clock.millis(), started - asked, records, bytes));
      }
    }

    private void unreadable(RuntimeException failure) {
      if (engine.lost(partition).isPresent()) {
        fail(failure);
        return;
      }
      if (!isWanted()) {
        return;
      }
      long pause = again.pause();
      LOGGER
          .atError()
          .addKeyValue("topicName", partition.topic())
          .addKeyValue("partition", partition.partition())
          .addKeyValue("readAgainMs", pause)
          .setCause(failure)
          .log("Groups of a partition cannot be read and are not served");
      var _ = thread.schedule(this, pause, TimeUnit.MILLISECONDS);
    }

    private void fail(Throwable failure) {
      if (isWanted()) {
        done.completeExceptionally(failure);
      }
    }

    /**
     * Whether the tenure lasts. The end of one that is over is told to nobody: the coordinator
     * would take it for the end of the next one's.
     */
    private boolean isWanted() {
      return tenures.isReading(partition, tenure);
    }
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
