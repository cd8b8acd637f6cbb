package io.headwater.hub.kafka.net;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of all requests between their first byte and their answer. A request whose bytes do not
 * fit waits, and its connection is not read meanwhile. Smaller ones that do fit pass it, so that a
 * large request holds nobody up; alone, it always fits. Thread-safe.
 */
final class RequestMemory {
  private final long limit;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private long used;

  /** A request that waits for room; told once, on whatever thread makes the room. */
  record Waiting(long bytes, Runnable granted) {}

  RequestMemory(long limit) {
    this.limit = limit;
  }

  /** Takes the bytes, or queues the request; true if they are taken. */
  synchronized boolean take(Waiting request) {
    if (fits(request.bytes())) {
      used += request.bytes();
      return true;
    }
    waiting.add(request);
    return false;
  }

  /** Gives bytes back. */
  void giveBack(long bytes) {
    change(bytes, null);
  }

  /** A request gives up; if it has been granted meanwhile, its bytes are given back. */
  void giveUp(Waiting request) {
    change(0, request);
  }

  private void change(long returned, @Nullable Waiting givenUp) {
    List<Runnable> granted = new ArrayList<>();
    synchronized (this) {
      used -= returned;
      if (givenUp != null && !waiting.remove(givenUp)) {
        used -= givenUp.bytes();
      }
      for (Iterator<Waiting> requests = waiting.iterator(); requests.hasNext(); ) {
        Waiting next = requests.next();
        if (fits(next.bytes())) {
          requests.remove();
          used += next.bytes();
          granted.add(next.granted());
        }
      }
    }
    granted.forEach(Runnable::run);
  }

  private boolean fits(long bytes) {
    return used == 0 || used + bytes <= limit;
  }

  synchronized long used() {
    return used;
  }

  synchronized int waitingCount() {
    return waiting.size();
  }
}
