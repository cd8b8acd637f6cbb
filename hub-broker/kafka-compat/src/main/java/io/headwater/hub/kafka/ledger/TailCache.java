package io.headwater.hub.kafka.ledger;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The batches appended last, of all logs together: what consumers at the end read without asking a
 * store. The oldest go first. Thread-safe.
 */
final class TailCache {
  private record Batch(ByteBuffer bytes, long nextOffset) {}

  private record Entry(OfLog log, long baseOffset, int bytes) {}

  private final long mostBytes;
  private final AtomicLong bytes = new AtomicLong();
  private final ConcurrentLinkedQueue<Entry> inOrder = new ConcurrentLinkedQueue<>();

  TailCache(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** The part of one log. */
  final class OfLog {
    private final ConcurrentSkipListMap<Long, Batch> batches = new ConcurrentSkipListMap<>();

    /** Batches come in the order of their offsets. */
    void put(long baseOffset, long nextOffset, ByteBuffer batch) {
      batches.put(baseOffset, new Batch(batch, nextOffset));
      inOrder.add(new Entry(this, baseOffset, batch.remaining()));
      if (bytes.addAndGet(batch.remaining()) > mostBytes) {
        evict();
      }
    }

    /**
     * Whole batches in a row from the one that contains {@code offset}.
     *
     * @param bound nothing at or above it is given
     * @param most bytes of all; the first may have more
     * @return empty if that batch is not here
     */
    List<ByteBuffer> from(long offset, long bound, int most) {
      Map.Entry<Long, Batch> first = batches.floorEntry(offset);
      var found = new ArrayList<ByteBuffer>();
      if (first == null || first.getValue().nextOffset() <= offset) {
        return found;
      }
      long next = first.getKey();
      long left = most;
      for (Map.Entry<Long, Batch> one : batches.tailMap(first.getKey()).entrySet()) {
        Batch batch = one.getValue();
        left -= batch.bytes().remaining();
        if (one.getKey() != next || next >= bound || (left < 0 && !found.isEmpty())) {
          break;
        }
        found.add(batch.bytes().duplicate());
        next = batch.nextOffset();
      }
      return found;
    }

    /** Lets batches go that have been replaced. */
    void dropBefore(long offset) {
      batches.headMap(offset).clear(); // the queue's entries find nothing
    }

    /** Lets all of this log go. */
    void clear() {
      batches.clear();
    }
  }

  OfLog ofLog() {
    return new OfLog();
  }

  private void evict() {
    while (bytes.get() > mostBytes) {
      Entry oldest = inOrder.poll();
      if (oldest == null) {
        return;
      }
      oldest.log().batches.remove(oldest.baseOffset());
      bytes.addAndGet(-oldest.bytes());
    }
  }
}
