package io.headwater.edge.forward;

import java.util.concurrent.TimeUnit;

/**
 * How much may be under way, so that the uplink is never idle for want of it, and nothing waits
 * long inside it: a new reading overtakes a backlog only as long as that is still here. Knows no
 * clock of its own; confined to the forwarder's thread.
 *
 * <p>Wanted is a round trip of twice the shortest one and a tenth of a second. Once a round the
 * window is scaled by how far the last one was from that, so it comes to rest where it holds what
 * the uplink delivers in the wanted time. Every half minute it closes for what is not prompt, for
 * two rounds, so that the shortest round trip is measured without our own queue in it: the way may
 * have become longer. A second after the connection it does so for the first time: what answers
 * there may have just begun, and is soon faster.
 */
final class SendWindow {
  private static final long LEAST = 16 << 10;

  private static final long FIRST = 64 << 10;
  private static final long MOST = 64 << 20;
  private static final int BATCHES = 4;
  private static final long QUEUED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long FIRST_PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1);

  private double bytes = FIRST;

  /** Of this period and of the one before. */
  private long shortestNanos = Long.MAX_VALUE;

  private long shortestBeforeNanos = Long.MAX_VALUE;
  private long periodBeganNanos;
  private long roundBeganNanos;
  private int roundsClosed;
  private boolean wasFull;

  SendWindow(long nowNanos) {
    restart(nowNanos);
  }

  /** Another connection may be another way. */
  void restart(long nowNanos) {
    bytes = FIRST;
    shortestNanos = Long.MAX_VALUE;
    shortestBeforeNanos = Long.MAX_VALUE;
    periodBeganNanos = nowNanos + FIRST_PERIOD_NANOS - PERIOD_NANOS;
    roundBeganNanos = nowNanos;
    roundsClosed = 0;
    wasFull = false;
  }

  /** Whether another batch may go. What is prompt may fill the window a second time. */
  boolean hasRoom(Urgency urgency, long bytesUnderWay, long nowNanos) {
    if (bytesUnderWay == 0) {
      return true;
    }
    if (urgency == Urgency.SPARE && roundsClosed > 0) {
      return false;
    }
    double room = urgency == Urgency.PROMPT ? 2 * bytes : bytes;
    boolean fits = bytesUnderWay + batchBytes() <= room;
    if (!fits && !wasFull) {
      wasFull = true;
      roundBeganNanos = nowNanos; // only what is sent behind a full window tells what that does
    }
    return fits;
  }

  /** What a batch should take as it travels: a large one is a queue itself. */
  long batchBytes() {
    return (long) (roundsClosed > 0 ? LEAST : bytes) / BATCHES;
  }

  /** What may be under way. */
  long bytes() {
    return (long) bytes;
  }

  void answered(long sentNanos, long nowNanos) {
    long roundTrip = nowNanos - sentNanos;
    shortestNanos = Math.min(shortestNanos, roundTrip);
    if (sentNanos - roundBeganNanos < 0) {
      return;
    }
    if (roundsClosed > 0) {
      roundsClosed--;
    } else {
      scale(roundTrip);
    }
    wasFull = false;
    roundBeganNanos = nowNanos;
    if (nowNanos - periodBeganNanos >= PERIOD_NANOS) {
      periodBeganNanos = nowNanos;
      shortestBeforeNanos = shortestNanos;
      shortestNanos = Long.MAX_VALUE;
      roundsClosed = 2;
    }
  }

  private void scale(long roundTrip) {
    double wanted = 2.0 * Math.min(shortestNanos, shortestBeforeNanos) + QUEUED_NANOS;
    double factor = Math.clamp(wanted / Math.max(1, roundTrip), 0.5, 2.0);
    if (factor < 1 || wasFull) {
      bytes = Math.clamp(bytes * factor, (double) LEAST, (double) MOST);
    }
  }
}
