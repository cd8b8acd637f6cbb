package io.headwater.hub.kafka.ledger;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/** How much may be read ahead, of all logs together. Thread-safe. */
final class ReadAheadBudget {
  /** More would only wait for each other. */
  private static final int MOST_READS = 16;

  private final long mostBytes;
  private final AtomicLong bytes = new AtomicLong();
  private final Semaphore reads = new Semaphore(MOST_READS);

  ReadAheadBudget(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /**
   * Takes the room for a read, if there is any.
   *
   * @return whether it may begin; {@link #arrived} ends it, {@link #free} gives the room back
   */
  boolean begin(long room) {
    if (!reads.tryAcquire()) {
      return false;
    }
    if (bytes.addAndGet(room) > mostBytes) {
      bytes.addAndGet(-room);
      reads.release();
      return false;
    }
    return true;
  }

  /**
   * A read has ended.
   *
   * @param more bytes than it had taken room for, or fewer
   */
  void arrived(long more) {
    bytes.addAndGet(more);
    reads.release();
  }

  void free(long room) {
    bytes.addAndGet(-room);
  }

  /** Taken at the moment. */
  long bytes() {
    return bytes.get();
  }
}
