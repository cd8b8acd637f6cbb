package io.headwater.bridge.presence;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a thread: words of gateways, as many as there is room for, and what must not be
 * lost. Thread-safe.
 */
final class EventQueue {
  private static final int OVERHEAD = 512;

  private record Event(Runnable step, long bytes) {}

  private final ConcurrentLinkedQueue<Event> events = new ConcurrentLinkedQueue<>();
  private final AtomicLong bytes = new AtomicLong();
  private final long mostBytes;

  EventQueue(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** Adds what must not be lost; of such there are few. */
  void add(Runnable step) {
    events.add(new Event(step, 0));
  }

  /**
   * Adds what may be lost.
   *
   * @param payload its bytes
   * @return whether there was room
   */
  boolean offer(int payload, Runnable step) {
    long held = OVERHEAD + (long) payload;
    if (bytes.addAndGet(held) > mostBytes) {
      bytes.addAndGet(-held);
      return false;
    }
    events.add(new Event(step, held));
    return true;
  }

  /** The next; null if there is none. */
  @Nullable Runnable poll() {
    Event next = events.poll();
    if (next == null) {
      return null;
    }
    bytes.addAndGet(-next.bytes());
    return next.step();
  }
}
