package io.headwater.hub.kafka.log;

/**
 * How long to wait until a log is read again that could not be read: soon at first, as it may have
 * been a disturbance, then ever more rarely. One thread at a time.
 */
public final class ReadAgain {
  private static final long FIRST_MS = 100;
  private static final long LONGEST_MS = 10_000;

  private long next = FIRST_MS;

  /** Milliseconds until the next attempt; the one after that is later. */
  public long pause() {
    long pause = next;
    next = Math.min(LONGEST_MS, 2 * pause);
    return pause;
  }

  /** Something could be read. */
  public void reset() {
    next = FIRST_MS;
  }
}
