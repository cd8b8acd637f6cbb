package io.headwater.sim.hub;

import io.headwater.process.HostPort;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
import io.headwater.sim.judge.Judge;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.judge.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Shows every committed record of a topic to a judge, from before the load until the tail has
 * arrived. The judge is confined to the verifier's thread until that has ended.
 */
public final class Verifier implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);

  /** A double may come after the last reading; so long it is waited for. */
  private static final Duration QUIET = Duration.ofSeconds(1);

  private final Ledger ledger;
  private final Judge judge;
  private final TopicTail tail;
  private final CompletableFuture<Verdict> verdict = new CompletableFuture<>();
  private volatile long arrived;
  private volatile long giveUpNanos = Long.MAX_VALUE;
  private volatile boolean ending;

  private Verifier(TopicTail tail, String devicePrefix, Ledger ledger) {
    this.tail = tail;
    this.ledger = ledger;
    judge = new Judge(devicePrefix);
  }

  /**
   * Takes its position in the topic, which need not exist yet, and begins to read.
   *
   * @throws UserError if the hub does not answer within 10 s
   */
  public static Verifier start(HostPort hub, String topic, String devicePrefix, Ledger ledger) {
    var verifier =
        new Verifier(TopicTail.open(hub, topic, Duration.ofSeconds(10)), devicePrefix, ledger);
    Threads.start("sim-verifier-0", verifier::run);
    return verifier;
  }

  /** Readings of the run that arrived so far. */
  public long arrivedCount() {
    return arrived;
  }

  /**
   * Reads on until all that was acknowledged has arrived, or nothing more has come for the given
   * time, and judges. The fleet must have ended.
   *
   * @throws UserError if the hub could not be read
   */
  public Verdict finish(Duration withoutProgress) {
    giveUpNanos = withoutProgress.toNanos();
    ending = true;
    try {
      return verdict.get(1, TimeUnit.HOURS);
    } catch (ExecutionException e) {
      throw UserError.failure("the hub could not be read to the end: " + e.getCause(), e);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw UserError.failure("interrupted while waiting for the last readings");
    }
  }

  private void run() {
    try (tail) {
      long newest = System.nanoTime();
      while (!ended(System.nanoTime() - newest)) {
        long before = judge.ownRecords();
        for (ConsumerRecord<byte[], byte[]> record : tail.poll(POLL)) {
          judge.take(
              record.key(),
              record.value(),
              header(record, "edge.offset"),
              header(record, "gateway"));
        }
        arrived = judge.arrivedCount();
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

  private static @Nullable String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null
        ? null
        : new String(header.value(), StandardCharsets.UTF_8);
  }

  /** Ends the reading at once, without a verdict. */
  @Override
  public void close() {
    giveUpNanos = -1;
    ending = true;
  }
}
