package io.headwater.process;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Which of several addresses is tried next, and when. The next address follows soon, a whole round
 * after a pause that doubles; with jitter, so that a fleet does not come back in one wave. Confined
 * to one thread.
 */
public final class Reconnection {
  private static final long NEXT_ADDRESS_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final List<HostPort> addresses;
  private final long shortestNanos;
  private final long longestNanos;
  private int next;
  private int failedInARow;
  private long pauseNanos;
  private long dueNanos = System.nanoTime();

  /**
   * The first attempt is due at once.
   *
   * @param addresses none: no attempt is ever due
   * @param shortest pause after a round
   * @param longest pause after a round
   */
  public Reconnection(List<HostPort> addresses, Duration shortest, Duration longest) {
    this.addresses = List.copyOf(addresses);
    this.shortestNanos = shortest.toNanos();
    this.longestNanos = longest.toNanos();
    this.pauseNanos = shortestNanos;
  }

  public boolean isDue(long nowNanos) {
    return !addresses.isEmpty() && nowNanos - dueNanos >= 0;
  }

  /** The address to try now. */
  public HostPort next() {
    HostPort address = addresses.get(next);
    next = (next + 1) % addresses.size();
    return address;
  }

  /** The attempt, or the connection, came to nothing: another one will be due. */
  public void failed() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    if (++failedInARow < addresses.size()) {
      dueNanos = System.nanoTime() + random.nextLong(NEXT_ADDRESS_NANOS);
      return;
    }
    failedInARow = 0;
    dueNanos = System.nanoTime() + (long) (pauseNanos * random.nextDouble(0.5, 1.5));
    pauseNanos = Math.min(pauseNanos * 2, longestNanos);
  }

  /** The address is a good one: if it fails, all others are tried before the next pause. */
  public void beginRound() {
    failedInARow = 0;
  }

  /** The next pause is short again. */
  public void shortenPause() {
    pauseNanos = shortestNanos;
  }
}
