package io.headwater.edge.log;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What waits for the writer, in the order of offering; readings are bounded by number and by bytes.
 * Thread-safe; one thread takes.
 */
final class WriteQueue {
  private static final int LARGEST_GROUP = 1000;
  private static final int LARGEST_GROUP_BYTES = 1 << 20;
  private static final long MOST_BYTES = 16 << 20;

  private final int mostAppends;
  private final LinkedBlockingQueue<Write> queue = new LinkedBlockingQueue<>();
  private final AtomicInteger appends = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  WriteQueue(int mostAppends) {
    this.mostAppends = mostAppends;
  }

  /** False if there is no room: then nothing was taken. One that is larger than all goes alone. */
  boolean offer(Append append) {
    int size = append.size();
    long queued = bytes.addAndGet(size);
    int waiting = appends.incrementAndGet();
    if ((queued > MOST_BYTES && queued > size) || waiting > mostAppends) {
      appends.decrementAndGet();
      bytes.addAndGet(-size);
      return false;
    }
    queue.add(append);
    return true;
  }

  /** There is always room for a change of state. */
  void add(StateWrite write) {
    bytes.addAndGet(write.size());
    queue.add(write);
  }

  int size() {
    return queue.size();
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  /**
   * Takes what fits into one transaction.
   *
   * @param waitNanos for the first
   * @param lingerNanos for company, from the first on
   * @param unforcedNanos the same while there is nothing that must be forced to disk, if that is
   *     longer
   */
  void collect(List<Write> group, long waitNanos, long lingerNanos, long unforcedNanos)
      throws InterruptedException {
    Write first = queue.poll(waitNanos, TimeUnit.NANOSECONDS);
    if (first == null) {
      return;
    }
    group.add(first);
    taken(first);
    long size = first.size();
    long since = System.nanoTime();
    boolean forced = isForced(first);
    while (group.size() < LARGEST_GROUP && size < LARGEST_GROUP_BYTES) {
      long linger = forced ? lingerNanos : Math.max(lingerNanos, unforcedNanos);
      long left = since + linger - System.nanoTime();
      Write next = left > 0 ? queue.poll(left, TimeUnit.NANOSECONDS) : queue.poll();
      if (next == null) {
        return;
      }
      group.add(next);
      taken(next);
      size += next.size();
      forced |= isForced(next);
    }
  }

  /** Whether somebody waits until it is on disk. */
  private static boolean isForced(Write write) {
    return switch (write) {
      case Append append -> append.durability() == Durability.FSYNC;
      case StateWrite changes -> changes.awaited();
    };
  }

  private void taken(Write write) {
    bytes.addAndGet(-write.size());
    if (write instanceof Append) {
      appends.decrementAndGet();
    }
  }

  /** Takes all that is left, for a log that ends. */
  List<Write> takeAll() {
    var left = new ArrayList<Write>();
    queue.drainTo(left);
    left.forEach(this::taken);
    return left;
  }
}
