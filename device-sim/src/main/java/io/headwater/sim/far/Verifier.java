package io.headwater.sim.far;

import io.headwater.process.Threads;
import io.headwater.process.UserError;
import io.headwater.sim.judge.Arrival;
import io.headwater.sim.judge.Judge;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.judge.Rules;
import io.headwater.sim.judge.RunListener;
import io.headwater.sim.judge.Verdict;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * Shows every record of the far end to a judge, from before the load until the tail has arrived.
 * The judge is confined to the verifier's thread.
 */
public final class Verifier implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  /** A double may come after the last reading; so long it is waited for. */
  private static final Duration QUIET = Duration.ofSeconds(1);

  private final FarEnd farEnd;
  private final Ledger ledger;
  private final RunListener listener;
  private final Recorder latenciesMs = new Recorder(2);
  private final Judge judge;
  private final CompletableFuture<Verdict> verdict = new CompletableFuture<>();
  private volatile long arrived;
  private volatile Duration longestStall = Duration.ZERO;
  private volatile long giveUpNanos = Long.MAX_VALUE;
  private volatile boolean ending;

  private Verifier(
      FarEnd farEnd, String devicePrefix, Rules rules, Ledger ledger, RunListener listener) {
    this.farEnd = farEnd;
    this.ledger = ledger;
    this.listener = listener;
    judge = new Judge(devicePrefix, rules, latenciesMs::recordValue);
  }

  /**
   * Takes its position and begins to read.
   *
   * @param listener is told of each arrival
   * @throws UserError if nothing answers there
   */
  public static Verifier start(
      Place place,
      String devicePrefix,
      Rules rules,
      Ledger ledger,
      RunListener listener,
      Clock clock) {
    var verifier = new Verifier(place.open(clock), devicePrefix, rules, ledger, listener);
    Threads.start("sim-verifier-0", verifier::run);
    return verifier;
  }

  /** Readings of the run that arrived so far. */
  public long arrivedCount() {
    return arrived;
  }

  /** So long at most a partition had more, and reading it did not come further. */
  public Duration longestStall() {
    return longestStall;
  }

  /**
   * From when readings were due until they were seen first, in milliseconds, of those seen since
   * this was asked last.
   */
  public Histogram newLatencies() {
    return latenciesMs.getIntervalHistogram();
  }

  /**
   * From now on, reads only until all that was acknowledged has arrived, or nothing more has come
   * for the given time. The fleet must have ended; may be called again with another time.
   */
  public void end(Duration withoutProgress) {
    giveUpNanos = withoutProgress.toNanos();
    ending = true;
  }

  /**
   * The verdict, if it is there within the time; {@link #end} must have been called.
   *
   * @throws UserError if the far end could not be read
   */
  public Optional<Verdict> await(Duration limit) {
    try {
      return Optional.of(verdict.get(limit.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException _) {
      return Optional.empty();
    } catch (ExecutionException e) {
      throw UserError.failure("the far end could not be read to the end: " + e.getCause(), e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw UserError.failure("interrupted while waiting for the last readings");
    }
  }

  /** {@link #end} and {@link #await} in one. */
  public Verdict finish(Duration withoutProgress) {
    end(withoutProgress);
    return await(Duration.ofHours(1)).orElseThrow();
  }

  private void run() {
    try (farEnd) {
      long newest = System.nanoTime();
      boolean endingNoticed = false;
      while (!ended(System.nanoTime() - newest)) {
        if (ending && !endingNoticed) {
          endingNoticed = true;
          newest = System.nanoTime(); // the wait begins now, however quiet it was before
        }
        long before = judge.ownRecords();
        List<Arrival> arrivals = farEnd.poll(POLL);
        for (Arrival arrival : arrivals) {
          listener.arrived(arrival);
          judge.take(arrival);
        }
        arrived = judge.arrivedCount();
        longestStall = farEnd.longestStall();
        // Others' records in the topic are no progress of this run's.
        if (judge.ownRecords() > before) {
          newest = System.nanoTime();
        }
      }
      verdict.complete(judge.verdict(ledger));
    } catch (RuntimeException | Error e) {
      verdict.completeExceptionally(e);
    }
  }

  private boolean ended(long quietNanos) {
    if (!ending) {
      return false;
    }
    return quietNanos > giveUpNanos || (quietNanos > QUIET.toNanos() && arrivedAll());
  }

  private boolean arrivedAll() {
    // Counts say when to look closer; the judge compares reading by reading.
    return arrived >= ledger.acknowledgedCount() && judge.verdict(ledger).lost() == 0;
  }

  /** Ends the reading at once, without a verdict. */
  @Override
  public void close() {
    giveUpNanos = -1;
    ending = true;
  }
}
