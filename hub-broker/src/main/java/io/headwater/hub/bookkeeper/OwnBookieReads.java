package io.headwater.hub.bookkeeper;

import io.headwater.process.Threads;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.apache.bookkeeper.net.BookieId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads from the bookie of this process without the network, on the threads {@code
 * hub-bookie-reads}: they wait for the disk. Thread-safe.
 *
 * <p>These threads are never interrupted. One that is while it reads a file closes that file for
 * all others as well.
 */
final class OwnBookieReads implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(OwnBookieReads.class);
  private static final int THREADS = 4;
  private static final int MOST_WAITING = 256;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final EmbeddedBookie bookie;
  private final BookieId id;
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(MOST_WAITING),
          Threads.factory("hub-bookie-reads"));

  private final LongAdder entries = new LongAdder();
  private final LongAdder leftToOthers = new LongAdder();

  OwnBookieReads(EmbeddedBookie bookie) {
    this.bookie = bookie;
    this.id = BookieId.parse(bookie.address().toString());
  }

  /** This bookie's part of one ledger. */
  OwnCopy of(long ledger) {
    return new OwnCopy(ledger, this);
  }

  EmbeddedBookie bookie() {
    return bookie;
  }

  BookieId id() {
    return id;
  }

  /**
   * Has something read.
   *
   * @param reading its result, which may be empty
   * @return fails at once if too many wait already
   */
  CompletableFuture<List<ByteBuffer>> run(Supplier<List<ByteBuffer>> reading) {
    try {
      return CompletableFuture.supplyAsync(reading, threads)
          .whenComplete((found, _) -> count(found == null ? 0 : found.size()));
    } catch (RejectedExecutionException e) {
      count(0);
      return CompletableFuture.failedFuture(e);
    }
  }

  private void count(int found) {
    if (found == 0) {
      leftToOthers.increment();
    } else {
      entries.add(found);
    }
  }

  /** How many entries this bookie has given. */
  long entries() {
    return entries.sum();
  }

  /** How many reads gave nothing, so that the client had to ask. */
  long leftToOthers() {
    return leftToOthers.sum();
  }

  @Override
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        LOGGER.atWarn().log("Reads of the own bookie have not ended");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
