package io.headwater.hub.kafka.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.common.TransactionVersion;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.CompletedTxn;
import org.apache.kafka.storage.internals.log.LastRecord;
import org.apache.kafka.storage.internals.log.LogOffsetMetadata;
import org.apache.kafka.storage.internals.log.ProducerAppendInfo;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.jspecify.annotations.Nullable;

/**
 * The producers of one log: their sequences and open transactions, kept by Kafka's own class. Not
 * thread-safe.
 */
final class Producers {
  /**
   * What checked batches would do.
   *
   * @param duplicate the batch that was appended before in place of these, if there is one
   */
  record Verdict(
      Map<Long, ProducerAppendInfo> updated,
      List<CompletedTxn> completed,
      Optional<BatchMetadata> duplicate) {}

  private static final int PRODUCER_BYTES = Short.BYTES + 2 * Integer.BYTES + 3 * Long.BYTES;
  private static final int BATCH_BYTES = 2 * Integer.BYTES + 2 * Long.BYTES;

  private final ProducerStateManager manager;
  private final Time time;

  /**
   * @param scratch an empty folder, which Kafka's class looks into for snapshots
   */
  Producers(TopicPartition partition, Path scratch, LedgerLogSettings settings, Time time) {
    this.time = time;
    try {
      manager =
          new ProducerStateManager(
              partition,
              scratch.toFile(),
              Math.toIntExact(settings.maxTransactionTimeout().toMillis()),
              new ProducerStateManagerConfig(
                  Math.toIntExact(settings.producerIdExpiration().toMillis()), true),
              time);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Checks batches that are about to be appended; changes nothing but the verification that they
   * use up.
   *
   * @throws InvalidTxnStateException a transaction was not verified
   * @throws InvalidProducerEpochException a newer epoch has written
   */
  Verdict check(
      MemoryRecords records, AppendOrigin origin, VerificationGuard guard, short version) {
    var updated = new HashMap<Long, ProducerAppendInfo>();
    var completed = new ArrayList<CompletedTxn>();
    for (RecordBatch batch : records.batches()) {
      if (!batch.hasProducerId()) {
        continue;
      }
      if (origin == AppendOrigin.CLIENT) {
        Optional<BatchMetadata> duplicate = duplicateOf(batch);
        if (duplicate.isPresent()) {
          return new Verdict(Map.of(), List.of(), duplicate);
        }
      }
      if (batch.isTransactional()
          && !hasOngoingTransaction(batch.producerId(), batch.producerEpoch())) {
        checkBegin(batch, guard);
      }
      Optional<LogOffsetMetadata> first =
          batch.isTransactional()
              ? Optional.of(new LogOffsetMetadata(batch.baseOffset()))
              : Optional.empty();
      append(batch, updated, first, origin, version).ifPresent(completed::add);
    }
    return new Verdict(updated, completed, Optional.empty());
  }

  private Optional<BatchMetadata> duplicateOf(RecordBatch batch) {
    return manager
        .lastEntry(batch.producerId())
        .filter(entry -> entry.producerEpoch() == batch.producerEpoch())
        .flatMap(entry ->
            entry.batchMetadata().stream()
                .filter(known ->
                    known.firstSeq() == batch.baseSequence()
                        && known.lastSeq() == batch.lastSequence())
                .findFirst());
  }

  private void checkBegin(RecordBatch batch, VerificationGuard guard) {
    long id = batch.producerId();
    ProducerStateEntry entry = manager.activeProducers().get(id);
    if (entry != null && batch.producerEpoch() < entry.producerEpoch()) {
      throw new InvalidProducerEpochException(
          "The epoch of producer %d is %d, a newer one was seen: %d."
              .formatted(id, batch.producerEpoch(), entry.producerEpoch()));
    }
    var verification = manager.verificationStateEntry(id);
    VerificationGuard wanted =
        verification == null ? VerificationGuard.SENTINEL : verification.verificationGuard();
    if (!batch.isControlBatch() && !wanted.verify(guard)) {
      throw new InvalidTxnStateException(
          "The records of producer %d belong to no transaction that is open here.".formatted(id));
    }
  }

  private Optional<CompletedTxn> append(
      RecordBatch batch,
      Map<Long, ProducerAppendInfo> updated,
      Optional<LogOffsetMetadata> first,
      AppendOrigin origin,
      short version) {
    long id = batch.producerId();
    Optional<CompletedTxn> completed =
        updated
            .computeIfAbsent(id, _ -> manager.prepareUpdate(id, origin))
            .append(batch, first, version);
    if (batch.isTransactional()) {
      manager.clearVerificationStateEntry(id); // it is in the log, or over
    }
    return completed;
  }

  /** Takes over what was checked and appended; tells which transactions are aborted by it. */
  List<AbortedTxn> accept(Verdict verdict, long endOffset) {
    verdict.updated().values().forEach(manager::update);
    var aborted = new ArrayList<AbortedTxn>();
    for (CompletedTxn completed : verdict.completed()) {
      long lastStable = manager.lastStableOffset(completed);
      manager.completeTxn(completed);
      if (completed.isAborted()) {
        aborted.add(new AbortedTxn(completed, lastStable));
      }
    }
    manager.updateMapEndOffset(endOffset);
    return aborted;
  }

  /** Takes a batch over that was appended in an earlier tenure. */
  List<AbortedTxn> replay(RecordBatch batch) {
    var updated = new HashMap<Long, ProducerAppendInfo>();
    var completed = new ArrayList<CompletedTxn>();
    if (batch.hasProducerId()) {
      append(
              batch,
              updated,
              Optional.empty(),
              AppendOrigin.REPLICATION,
              TransactionVersion.TV_UNKNOWN)
          .ifPresent(completed::add);
    }
    return accept(new Verdict(updated, completed, Optional.empty()), batch.nextOffset());
  }

  VerificationGuard startVerification(
      long producerId, int sequence, short epoch, boolean supportsEpochBump) {
    return hasOngoingTransaction(producerId, epoch)
        ? VerificationGuard.SENTINEL
        : manager
            .maybeCreateVerificationStateEntry(producerId, sequence, epoch, supportsEpochBump)
            .verificationGuard();
  }

  boolean hasOngoingTransaction(long producerId, short epoch) {
    ProducerStateEntry entry = manager.activeProducers().get(producerId);
    return entry != null
        && entry.currentTxnFirstOffset().isPresent()
        && entry.producerEpoch() == epoch;
  }

  /** First offset of the oldest transaction whose end is not below the high watermark. */
  Optional<Long> firstUnstable() {
    return manager.firstUnstableOffset().map(offset -> offset.messageOffset);
  }

  void onHighWatermark(long highWatermark) {
    manager.onHighWatermarkUpdated(highWatermark);
  }

  void onStart(long startOffset) {
    manager.onLogStartOffsetIncremented(startOffset);
  }

  void forgetExpired() {
    manager.removeExpiredProducers(time.milliseconds());
  }

  /** By which the last batch of each producer is known. */
  Map<Long, LastRecord> lastRecords() {
    var last = new HashMap<Long, LastRecord>();
    manager
        .activeProducers()
        .forEach((id, entry) ->
            last.put(
                id,
                new LastRecord(
                    entry.lastDataOffset() < 0
                        ? OptionalLong.empty()
                        : OptionalLong.of(entry.lastDataOffset()),
                    entry.producerEpoch())));
    return last;
  }

  List<ProducerState> states() {
    var states = new ArrayList<ProducerState>();
    manager
        .activeProducers()
        .forEach((id, entry) -> {
          @Nullable BatchMetadata last = null;
          for (BatchMetadata batch : entry.batchMetadata()) {
            last = batch;
          }
          states.add(
              new ProducerState()
                  .setProducerId(id)
                  .setProducerEpoch(entry.producerEpoch())
                  .setLastSequence(last == null ? RecordBatch.NO_SEQUENCE : last.lastSeq())
                  .setLastTimestamp(entry.lastTimestamp())
                  .setCoordinatorEpoch(entry.coordinatorEpoch())
                  .setCurrentTxnStartOffset(entry.currentTxnFirstOffset().orElse(-1)));
        });
    return states;
  }

  /**
   * All producers, as {@link #load} reads them. Kafka's own snapshot knows but the last batch of
   * each, so that one that is sent again to the next owner would not be known; and it goes through
   * a file, for which there may be no room.
   *
   * <pre>
   * n, n * (producer id, epoch, coordinator epoch, last timestamp, transaction's first offset or -1,
   *         m, m * (last sequence, last offset, offset delta, timestamp))
   * </pre>
   */
  ByteBuffer snapshot() {
    var producers = List.copyOf(manager.activeProducers().values());
    int batches = producers.stream().mapToInt(one -> one.batchMetadata().size()).sum();
    ByteBuffer out =
        ByteBuffer.allocate(
            Integer.BYTES + producers.size() * PRODUCER_BYTES + batches * BATCH_BYTES);
    out.putInt(producers.size());
    for (ProducerStateEntry producer : producers) {
      out.putLong(producer.producerId()).putShort(producer.producerEpoch());
      out.putInt(producer.coordinatorEpoch()).putLong(producer.lastTimestamp());
      out.putLong(producer.currentTxnFirstOffset().orElse(-1));
      out.putInt(producer.batchMetadata().size());
      for (BatchMetadata batch : producer.batchMetadata()) {
        out.putInt(batch.lastSeq()).putLong(batch.lastOffset());
        out.putInt(batch.offsetDelta()).putLong(batch.timestamp());
      }
    }
    return out.flip();
  }

  /** Adds the producers of a snapshot. */
  void load(ByteBuffer snapshot) {
    ByteBuffer in = snapshot.duplicate();
    for (int left = in.getInt(); left > 0; left--) {
      long id = in.getLong();
      short epoch = in.getShort();
      int coordinatorEpoch = in.getInt();
      long lastTimestamp = in.getLong();
      long txnFirstOffset = in.getLong();
      var batches = new ArrayList<BatchMetadata>();
      for (int more = in.getInt(); more > 0; more--) {
        batches.add(new BatchMetadata(in.getInt(), in.getLong(), in.getInt(), in.getLong()));
      }
      OptionalLong open =
          txnFirstOffset < 0 ? OptionalLong.empty() : OptionalLong.of(txnFirstOffset);
      load(new ProducerStateEntry(id, epoch, coordinatorEpoch, lastTimestamp, open), batches);
    }
    forgetExpired();
  }

  /** Kafka's class lets nobody else put batches into an entry, but it takes them one by one. */
  private void load(ProducerStateEntry entry, List<BatchMetadata> batches) {
    manager.loadProducerEntry(entry);
    for (BatchMetadata batch : batches) {
      ProducerAppendInfo info = manager.prepareUpdate(entry.producerId(), AppendOrigin.REPLICATION);
      info.appendDataBatch(
          entry.producerEpoch(),
          batch.firstSeq(),
          batch.lastSeq(),
          batch.timestamp(),
          new LogOffsetMetadata(batch.firstOffset()),
          batch.lastOffset(),
          entry.currentTxnFirstOffset().isPresent());
      manager.update(info);
    }
  }
}
