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
  private final RunListener listener;

  public Ledger() {
    this(RunListener.NONE);
  }

  /**
   * @param listener is told of each entry before it is made
   */
  public Ledger(RunListener listener) {
    this.listener = listener;
  }

  /** One device's readings. */
  public final class Account {
    private final String device;
    private final Intervals published = new Intervals();
    private final Intervals acknowledgedReadings = new Intervals();

    private Account(String device) {
      this.device = device;
    }

    /** An attempt goes out; to be told before it does. */
    public void published(long sequence, int attempt) {
      listener.published(device, sequence, attempt);
      attempts.increment();
      synchronized (this) {
        if (published.add(sequence)) {
          readings.increment();
        }
      }
    }

    /** The broker has acknowledged an attempt. */
    public void acknowledged(long sequence, int attempt) {
      listener.acknowledged(device, sequence, attempt);
      synchronized (this) {
        if (acknowledgedReadings.add(sequence)) {
          acknowledged.increment();
        }
      }
    }

    private synchronized State state() {
      return new State(device, published.copy(), acknowledgedReadings.copy());
    }
  }

  /**
   * A device's readings at one moment.
   *
   * @param published at least once
   * @param acknowledged readings of which some attempt was acknowledged
   */
  record State(String device, Intervals published, Intervals acknowledged) {}

  /** The device's account, opened when it is first asked for. */
  public Account account(String device) {
    return accounts.computeIfAbsent(device, Account::new);
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
    new TreeMap<>(accounts).values().forEach(account -> states.add(account.state()));
    return states;
  }
}
