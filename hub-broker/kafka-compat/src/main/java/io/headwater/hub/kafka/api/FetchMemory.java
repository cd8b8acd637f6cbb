package io.headwater.hub.kafka.api;

import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * The records in memory that all answers to fetches hold together. Each may read a share of what is
 * free; while there is too little, fetches wait, and those that have waited as long as they may get
 * the least, so that clients which do not take their answers stop nobody. Records that go from
 * files to sockets are not in memory and not counted. Thread-safe.
 */
public final class FetchMemory {
  /** Below it a share is not worth a read. */
  static final int SMALL = 1 << 20;

  /** What is read in any case: as a rule one batch. */
  static final int LEAST = 64 << 10;

  /** Of what is free, to one: others come as well. */
  private static final int PART = 4;

  private final long limit;
  private long used;

  /**
   * @param limit bytes
   */
  public FetchMemory(long limit) {
    this.limit = limit;
  }

  /**
   * Takes bytes for a read; they are given back as soon as it is known what was read.
   *
   * @param wanted most that will be read; clients may want less than nothing, which is nothing
   * @return how many may be read; 0 if there is too little at the moment
   */
  synchronized int take(int wanted) {
    long free = limit - used;
    if (free < Math.min(wanted, SMALL)) {
      return 0;
    }
    int share = Math.clamp(Math.max(SMALL, free / PART), 0, Math.max(0, wanted));
    used += share;
    return share;
  }

  /** As {@link #take}, for one that cannot wait any longer. */
  synchronized int takeLeast(int wanted) {
    int share = Math.clamp(wanted, 0, LEAST);
    used += share;
    return share;
  }

  /** What was taken is another amount by now. */
  private synchronized void change(long by) {
    used += by;
  }

  void giveBack(long bytes) {
    change(-bytes);
  }

  synchronized long used() {
    return used;
  }

  /**
   * Holds what was read in place of what was taken for it.
   *
   * @param taken given back
   */
  Held hold(int taken, FetchResponseData data) {
    long bytes = inMemory(data);
    change(bytes - taken);
    return new Held(data, bytes);
  }

  private static long inMemory(FetchResponseData data) {
    long bytes = 0;
    for (FetchableTopicResponse topic : data.responses()) {
      for (PartitionData partition : topic.partitions()) {
        if (partition.records() instanceof MemoryRecords records) {
          bytes += records.sizeInBytes();
        }
      }
    }
    return bytes;
  }

  /** The same answer, held. */
  final class Held extends FetchResponseData implements HoldsMemory {
    private long bytes;

    private Held(FetchResponseData data, long bytes) {
      setResponses(data.responses());
      this.bytes = bytes;
    }

    @Override
    public void letGo() {
      synchronized (FetchMemory.this) {
        used -= bytes;
        bytes = 0;
      }
    }
  }
}
