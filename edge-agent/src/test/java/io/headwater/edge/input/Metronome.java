package io.headwater.edge.input;

import io.headwater.process.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * What the machine and this JVM make of times that are kept: threads that do nothing but hand a
 * beat on and back, as a schedule does with a read and the thread of a bus. By how much their beats
 * are off is nobody's fault but of what else runs there.
 */
final class Metronome implements AutoCloseable {
  private static final long INTERVAL_MILLIS = 100;

  private final ScheduledExecutorService schedule =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("metronome-schedule"));
  private final List<ExecutorService> hands = new ArrayList<>();
  private final List<Queue<Long>> beats = new ArrayList<>();

  /** Begins to beat, on so many threads. */
  Metronome(int threads) {
    for (int i = 0; i < threads; i++) {
      ExecutorService hand = Executors.newSingleThreadExecutor(Threads.factory("metronome-" + i));
      var seen = new ConcurrentLinkedQueue<Long>();
      hands.add(hand);
      beats.add(seen);
      var _ =
          schedule.scheduleAtFixedRate(
              () -> hand.execute(() -> schedule.execute(() -> seen.add(System.nanoTime()))),
              i * INTERVAL_MILLIS / threads,
              INTERVAL_MILLIS,
              TimeUnit.MILLISECONDS);
    }
  }

  /** By how many milliseconds its intervals were off, of those that ended in this time. */
  List<Double> errors(long begin, long end) {
    var errors = new ArrayList<Double>();
    for (Queue<Long> each : beats) {
      long before = 0;
      for (long at : each) {
        if (before != 0 && at >= begin && at < end) {
          errors.add(Math.abs(at - before - TimeUnit.MILLISECONDS.toNanos(INTERVAL_MILLIS)) / 1e6);
        }
        before = at;
      }
    }
    return errors;
  }

  @Override
  public void close() {
    schedule.shutdownNow();
    hands.forEach(ExecutorService::shutdownNow);
  }
}
