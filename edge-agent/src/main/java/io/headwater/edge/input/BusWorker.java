package io.headwater.edge.input;

import io.headwater.process.Threads;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that reads what is on a bus, in turn. A read that hangs keeps this thread, as it
 * keeps the bus: nothing more is given to it until it comes back, and other buses do not notice.
 */
final class BusWorker implements AutoCloseable {
  /** Takes failures that may be tried again. */
  @FunctionalInterface
  interface Failures {
    void failed(Attempt attempt, FaultText fault);
  }

  private static final Logger LOGGER = LoggerFactory.getLogger(BusWorker.class);
  private static final Duration LONGEST_CLOSE = Duration.ofSeconds(1);

  private final String bus;
  private final List<InputRun> inputs;
  private final Failures failures;
  private final LongSupplier nanos;

  /** Empty: look whether it is time to close. */
  private final BlockingQueue<Optional<Attempt>> queue;

  private volatile @Nullable Attempt running;
  private volatile boolean closing;
  private final Thread thread;

  /**
   * Starts it.
   *
   * @param inputs of the bus
   */
  BusWorker(String bus, List<InputRun> inputs, Failures failures, LongSupplier nanos) {
    this.bus = bus;
    this.inputs = List.copyOf(inputs);
    this.failures = failures;
    this.nanos = nanos;
    // Each has one read under way; as many again may wait although their time is over.
    this.queue = new ArrayBlockingQueue<>(2 * inputs.size());
    this.thread = Threads.start("edge-input-" + bus, this::run);
  }

  /** Takes a read; false if there is no room. */
  boolean offer(Attempt attempt) {
    return queue.offer(Optional.of(attempt));
  }

  int waiting() {
    return queue.size();
  }

  /** Who keeps the bus. */
  Optional<Attempt> running() {
    return Optional.ofNullable(running);
  }

  /** Whether a read keeps the bus although its time is over. */
  boolean isStuck() {
    Attempt now = running;
    return now != null && now.hasEnded() && nanos.getAsLong() >= now.deadline();
  }

  double stuckSeconds() {
    Attempt now = running;
    return now == null || !isStuck() ? 0 : (nanos.getAsLong() - now.deadline()) / 1e9;
  }

  private void run() {
    try {
      while (!closing) {
        queue.take().ifPresent(this::read);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    inputs.forEach(InputRun::close);
  }

  private void read(Attempt next) {
    running = next; // before it begins, so that whoever waits longer knows why
    if (next.begin()) {
      next.input().read(next).ifPresent(fault -> failures.failed(next, fault));
    }
    running = null;
  }

  /** Waits a moment for the read under way, no longer: it may never end. */
  @Override
  public void close() {
    closing = true;
    queue.offer(Optional.empty()); // if it is full, the thread does not wait
    try {
      if (!thread.join(LONGEST_CLOSE)) {
        LOGGER.atWarn().addKeyValue("bus", bus).log("A read hangs; the agent stops without it");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
