package io.headwater.sim;

import io.headwater.sim.fleet.Fleet;
import io.headwater.sim.scenario.FaultPlan;
import io.headwater.sim.scenario.FaultPlan.Strike;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Lets the faults of a plan strike when they are due, each on a virtual thread of its own, since a
 * process that starts again must not hold back the next fault.
 */
final class FaultDriver {
  private final FaultInjector injector;
  private final Fleet fleet;
  private final long startNanos;
  private final Consumer<String> tell;
  private final CountDownLatch ending = new CountDownLatch(1);
  private final ConcurrentSkipListSet<String> inEffect = new ConcurrentSkipListSet<>();
  private final AtomicReference<Optional<String>> failure = new AtomicReference<>(Optional.empty());
  private final List<Thread> threads = new ArrayList<>();

  /**
   * Begins.
   *
   * @param startNanos of the run, by {@link System#nanoTime}
   * @param tell is told a line when a fault begins or ends, on any thread
   */
  FaultDriver(
      FaultPlan plan, FaultInjector injector, Fleet fleet, long startNanos, Consumer<String> tell) {
    this.injector = injector;
    this.fleet = fleet;
    this.startNanos = startNanos;
    this.tell = tell;
    for (Strike strike : plan.strikes()) {
      threads.add(
          Thread.ofVirtual().name("sim-fault-" + threads.size()).start(() -> drive(strike)));
    }
  }

  private void drive(Strike strike) {
    String what = strike.fault().describe();
    try {
      if (endsBefore(strike.begin())) {
        return;
      }
      // Its process may be busy with a fault before.
      Optional<FaultInjector.InEffect> begun =
          injector.begin(strike.fault(), fleet, () -> ending.getCount() == 0);
      if (begun.isEmpty()) {
        return;
      }
      boolean momentary = strike.end().equals(strike.begin());
      inEffect.add(what);
      tell.accept(what + (momentary ? "" : " for " + seconds(strike.end().minus(strike.begin()))));
      endsBefore(strike.end());
      begun.get().end();
      inEffect.remove(what);
      if (!momentary) {
        tell.accept("end of: " + what);
      }
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(
          Optional.empty(), Optional.of("the fault '" + what + "' failed: " + e.getMessage()));
    }
  }

  /** Waits for the moment; true if all shall end before. */
  private boolean endsBefore(Duration moment) {
    try {
      return ending.await(
          Math.max(0, startNanos + moment.toNanos() - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Faults in effect now, in words. */
  List<String> inEffect() {
    return List.copyOf(inEffect);
  }

  /** Why a fault could not be made. */
  Optional<String> failure() {
    return failure.get();
  }

  /** No fault begins any more, and those in effect end; returns when they have. */
  void endAll() {
    ending.countDown();
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() / 1000.0 + " s";
  }
}
