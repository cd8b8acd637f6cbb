package io.headwater.edge.output;

import io.headwater.process.Threads;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that sets what is on a bus, command by command. */
final class OutputWorker implements AutoCloseable {
  static final int MOST_WAITING = 256;

  private static final Logger LOGGER = LoggerFactory.getLogger(OutputWorker.class);
  private static final Duration LONGEST_CLOSE = Duration.ofSeconds(1);
  private static final long LONGEST_WAIT = TimeUnit.MINUTES.toNanos(1);

  private final String bus;
  private final List<OutputRun> outputs;
  private final LongSupplier nanos;
  private final BlockingQueue<Runnable> queue = new ArrayBlockingQueue<>(MOST_WAITING);
  private final Thread thread;
  private volatile boolean closing;

  /** Starts it: the first that it does is to set all to their safe values. */
  OutputWorker(String bus, List<OutputRun> outputs, LongSupplier nanos) {
    this.bus = bus;
    this.outputs = List.copyOf(outputs);
    this.nanos = nanos;
    this.thread = Threads.start("edge-output-" + bus, this::run);
  }

  /** Takes a command; false if there is no room. */
  boolean offer(OutputRun output, byte[] payload) {
    return queue.offer(() -> output.command(payload, nanos.getAsLong()));
  }

  int waiting() {
    return queue.size();
  }

  private void run() {
    try {
      outputs.forEach(each -> each.start(nanos.getAsLong()));
      while (!closing) {
        Runnable next = queue.poll(untilNext(), TimeUnit.NANOSECONDS);
        if (next != null && !closing) {
          next.run();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    outputs.forEach(each -> each.stop(nanos.getAsLong()));
  }

  private long untilNext() {
    long least = LONGEST_WAIT;
    for (OutputRun each : outputs) {
      least = Math.min(least, each.poll(nanos.getAsLong()));
    }
    return least;
  }

  /** Waits until all are safe, but not for a bus that hangs. */
  @Override
  public void close() {
    closing = true;
    boolean _ = queue.offer(() -> {}); // if it is full, the thread does not wait
    try {
      if (!thread.join(LONGEST_CLOSE)) {
        LOGGER
            .atError()
            .addKeyValue("bus", bus)
            .log("A bus hangs; the agent stops without setting its outputs to their safe values");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
