package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.ledger.LedgerIndex.Run;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.storage.internals.log.AbortedTxn;

/**
 * An entry that holds no records but what a new owner would otherwise have to read all records for.
 * They stand at fixed numbers, so that the last one of a ledger is found without a search, and at
 * the end of each ledger that was ended in order.
 *
 * <p>A checkpoint with many producers is large. It is written in full only where the records
 * between two full ones are many times its size; those between only name the full one.
 *
 * <pre>
 * "HWCP", version 1, 0 (full) or 1 (refers), next offset,
 * refers: entry of the full one
 * full:   bytes of records, newest timestamp,
 *         n, n * (first entry, first offset, newest timestamp),
 *         n, n * (producer id, first offset, last offset, last stable offset) of aborted ones,
 *         n, n * (leader epoch, start offset),
 *         n, n bytes of producers as {@code Producers} writes them
 * </pre>
 *
 * @param offset the offset that the next record gets
 * @param fullAt entry of the checkpoint to use instead, -1 if this one is full
 * @param full what it holds
 */
record Checkpoint(long offset, long fullAt, Optional<Full> full) {
  /** Each entry whose number is a multiple of this, entry 0 included, is a checkpoint at least. */
  static final int EVERY = 1_024;

  private static final int MAGIC = 0x48574350;
  private static final int VERSION = 1;

  /**
   * What a full one holds.
   *
   * @param index of this ledger up to here
   * @param epochs at which offset each leader epoch of the log began
   * @param producers as {@code Producers} writes them
   */
  record Full(LedgerIndex index, Map<Integer, Long> epochs, ByteBuffer producers) {}

  /** Whether the entry with that number has to be one. */
  static boolean isAt(long entry) {
    return entry % EVERY == 0;
  }

  /** Whether an entry is one. A batch begins with its base offset, which is never that high. */
  static boolean is(ByteBuffer entry) {
    return entry.remaining() >= Integer.BYTES && entry.getInt(entry.position()) == MAGIC;
  }

  static long lastUpTo(long entry) {
    return entry - entry % EVERY;
  }

  static Checkpoint full(long offset, Full full) {
    return new Checkpoint(offset, -1, Optional.of(full));
  }

  static Checkpoint referring(long offset, long fullAt) {
    return new Checkpoint(offset, fullAt, Optional.empty());
  }

  ByteBuffer encode() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      out.writeByte(VERSION);
      out.writeByte(full.isPresent() ? 0 : 1);
      out.writeLong(offset);
      if (full.isPresent()) {
        write(out, full.get());
      } else {
        out.writeLong(fullAt);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory only
    }
    return ByteBuffer.wrap(bytes.toByteArray());
  }

  private static void write(DataOutputStream out, Full full) throws IOException {
    LedgerIndex index = full.index();
    out.writeLong(index.bytes());
    out.writeLong(index.maxTimestamp());
    List<Run> runs = index.runs();
    out.writeInt(runs.size());
    for (Run run : runs) {
      out.writeLong(run.firstEntry());
      out.writeLong(run.firstOffset());
      out.writeLong(run.maxTimestamp());
    }
    List<AbortedTxn> aborted = index.aborted();
    out.writeInt(aborted.size());
    for (AbortedTxn one : aborted) {
      out.writeLong(one.producerId());
      out.writeLong(one.firstOffset());
      out.writeLong(one.lastOffset());
      out.writeLong(one.lastStableOffset());
    }
    out.writeInt(full.epochs().size());
    for (Map.Entry<Integer, Long> epoch : full.epochs().entrySet()) {
      out.writeInt(epoch.getKey());
      out.writeLong(epoch.getValue());
    }
    byte[] producers = new byte[full.producers().remaining()];
    full.producers().duplicate().get(producers);
    out.writeInt(producers.length);
    out.write(producers);
  }

  /**
   * @throws CorruptRecordException it is none
   */
  static Checkpoint decode(ByteBuffer entry) {
    byte[] bytes = new byte[entry.remaining()];
    entry.duplicate().get(bytes);
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (in.readInt() != MAGIC) {
        throw new CorruptRecordException("An entry that should be a checkpoint is none.");
      }
      int version = in.readByte();
      if (version != VERSION) {
        throw new CorruptRecordException(
            "A checkpoint has version %d, this hub reads %d; start a newer hub."
                .formatted(version, VERSION));
      }
      boolean isFull = in.readByte() == 0;
      long offset = in.readLong();
      return isFull ? full(offset, readFull(in)) : referring(offset, in.readLong());
    } catch (IOException | IllegalArgumentException e) {
      throw new CorruptRecordException("A checkpoint cannot be read: " + e, e);
    }
  }

  private static Full readFull(DataInputStream in) throws IOException {
    long bytes = in.readLong();
    long maxTimestamp = in.readLong();
    var runs = new ArrayList<Run>();
    for (int left = in.readInt(); left > 0; left--) {
      runs.add(new Run(in.readLong(), in.readLong(), in.readLong()));
    }
    var aborted = new ArrayList<AbortedTxn>();
    for (int left = in.readInt(); left > 0; left--) {
      aborted.add(new AbortedTxn(in.readLong(), in.readLong(), in.readLong(), in.readLong()));
    }
    var epochs = new TreeMap<Integer, Long>();
    for (int left = in.readInt(); left > 0; left--) {
      epochs.put(in.readInt(), in.readLong());
    }
    ByteBuffer producers = ByteBuffer.wrap(in.readNBytes(in.readInt()));
    return new Full(new LedgerIndex(bytes, maxTimestamp, runs, aborted), epochs, producers);
  }
}
