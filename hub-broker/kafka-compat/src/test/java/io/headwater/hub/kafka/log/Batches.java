package io.headwater.hub.kafka.log;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/** Batches to append, and ways to append and read them. */
public final class Batches {
  public static final short NO_TRANSACTION_VERSION = -1;

  private Batches() {}

  public static SimpleRecord[] records(String prefix, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> record(1_000L + i, prefix + i, prefix + i))
        .toArray(SimpleRecord[]::new);
  }

  public static SimpleRecord record(long timestamp, String key, String value) {
    return new SimpleRecord(timestamp, bytes(key), bytes(value));
  }

  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  public static Appended append(PartitionLog log, String... values) {
    SimpleRecord[] records = new SimpleRecord[values.length];
    for (int i = 0; i < values.length; i++) {
      records[i] = record(1_000L + i, values[i], values[i]);
    }
    return append(log, MemoryRecords.withRecords(Compression.NONE, records));
  }

  public static Appended append(PartitionLog log, MemoryRecords records) {
    return append(log, records, VerificationGuard.SENTINEL);
  }

  public static Appended append(PartitionLog log, MemoryRecords records, VerificationGuard guard) {
    return log.append(
        records, log.leaderEpoch().orElse(0), AppendOrigin.CLIENT, guard, NO_TRANSACTION_VERSION);
  }

  public static Appended appendTransactional(
      PartitionLog log, long producerId, int sequence, String... values) {
    VerificationGuard guard =
        log.maybeStartTransactionVerification(producerId, sequence, (short) 0, false);
    SimpleRecord[] records = new SimpleRecord[values.length];
    for (int i = 0; i < values.length; i++) {
      records[i] = record(1_000L + i, values[i], values[i]);
    }
    return append(
        log,
        MemoryRecords.withTransactionalRecords(
            Compression.NONE, producerId, (short) 0, sequence, records),
        guard);
  }

  public static Appended endTransaction(PartitionLog log, long producerId, ControlRecordType type) {
    return log.append(
        MemoryRecords.withEndTransactionMarker(
            producerId, (short) 0, new EndTransactionMarker(type, 0)),
        log.leaderEpoch().orElse(0),
        AppendOrigin.COORDINATOR,
        VerificationGuard.SENTINEL,
        (short) 1);
  }

  /** Of now: a producer whose newest record is older than the expiration would be forgotten. */
  public static MemoryRecords idempotent(long producerId, int sequence, String... values) {
    return idempotent(Time.SYSTEM.milliseconds(), producerId, sequence, values);
  }

  public static MemoryRecords idempotent(
      long timestamp, long producerId, int sequence, String... values) {
    SimpleRecord[] records = new SimpleRecord[values.length];
    for (int i = 0; i < values.length; i++) {
      records[i] = record(timestamp, values[i], values[i]);
    }
    return MemoryRecords.withIdempotentRecords(
        Compression.NONE, producerId, (short) 0, sequence, records);
  }

  /** Values of all data records from {@code offset}, read batch by batch and checked by CRC. */
  public static List<String> readAll(PartitionLog log, long offset, IsolationLevel isolation) {
    var values = new ArrayList<String>();
    long next = offset;
    while (true) {
      LogRead read = log.read(next, 1 << 20, true, isolation);
      long before = next;
      for (RecordBatch batch : read.records().batches()) {
        batch.ensureValid();
        for (Record record : batch) {
          if (record.offset() >= next && !batch.isControlBatch()) {
            values.add(StandardCharsets.UTF_8.decode(record.value()).toString());
          }
        }
        next = batch.nextOffset();
      }
      if (next == before) {
        return values;
      }
    }
  }

  public static List<String> readAll(PartitionLog log) {
    return readAll(log, log.startOffset(), IsolationLevel.READ_UNCOMMITTED);
  }
}
