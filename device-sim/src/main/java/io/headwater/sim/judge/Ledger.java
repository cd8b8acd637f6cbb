package io.headwater.sim.judge;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the devices published and what was acknowledged to them.
 *
 * <p>Thread-safe: each device's account has a lock of its own, so the fleet's event loops write
 * while others count.
 */
public final class Ledger {
  private final Map<String, Account> accounts = new ConcurrentHashMap<>();
  private final LongAdder readings = new LongAdder();
  private final LongAdder attempts = new LongAdder();
  private final LongAdder acknowledged = new LongAdder();

  private static final class Account {
    private final Intervals published = new Intervals();
    private final Intervals acknowledged = new Intervals();
    private final Map<Integer, Intervals> acknowledgedByAttempt = new TreeMap<>();
  }

  /**
   * A device's readings at one moment.
   *
   * @param acknowledged readings of which some attempt was acknowledged
   * @param unacknowledged readings that were published and never acknowledged
   */
  record State(String device, Intervals acknowledged, List<Intervals.Range> unacknowledged) {}

  /** An attempt goes out. */
  public void published(String device, long sequence) {
    Account account = accounts.computeIfAbsent(device, _ -> new Account());
    attempts.increment();
    synchronized (account) {
      if (account.published.add(sequence)) {
        readings.increment();
      }
    }
  }

  /** The broker has acknowledged an attempt. */
  public void acknowledged(String device, long sequence, int attempt) {
    Account account = accounts.computeIfAbsent(device, _ -> new Account());
    synchronized (account) {
      account.acknowledgedByAttempt.computeIfAbsent(attempt, _ -> new Intervals()).add(sequence);
      if (account.acknowledged.add(sequence)) {
        acknowledged.increment();
      }
    }
  }

  /** Whether exactly this attempt was acknowledged. */
  public boolean wasAcknowledged(String device, long sequence, int attempt) {
    Account account = accounts.get(device);
    if (account == null) {
      return false;
    }
    synchronized (account) {
      Intervals sequences = account.acknowledgedByAttempt.get(attempt);
      return sequences != null && sequences.contains(sequence);
    }
  }

  /** Readings published at least once. */
  public long readingCount() {
    return readings.sum();
  }

  /** Times that a reading was published. */
  public long attemptCount() {
    return attempts.sum();
  }

  /** Readings acknowledged. */
  public long acknowledgedCount() {
    return acknowledged.sum();
  }

  /** A copy of each device's account, by name. */
  List<State> states() {
    var states = new ArrayList<State>();
    for (Map.Entry<String, Account> entry : new TreeMap<>(accounts).entrySet()) {
      Account account = entry.getValue();
      synchronized (account) {
        states.add(
            new State(
                entry.getKey(),
                account.acknowledged.copy(),
                account.published.minus(account.acknowledged)));
      }
    }
    return states;
  }
}
