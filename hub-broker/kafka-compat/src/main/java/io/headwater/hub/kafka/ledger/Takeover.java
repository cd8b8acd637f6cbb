package io.headwater.hub.kafka.ledger;

import io.headwater.hub.kafka.ledger.PartitionState.Part;
import io.headwater.hub.kafka.ledger.PartitionStates.Versioned;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a broker the owner of a partition, whoever was it before, and whether that one knows or
 * not.
 *
 * <p>The ledgers that the owner before has left open are fenced first, in the order in which it
 * writes them: what it appends from then on fails. What they hold is settled by that. Then one
 * write of the partition's state, conditional on what was read at the beginning, puts a new ledger
 * behind them. If somebody else has been faster the write fails, and nothing has happened.
 *
 * <p>An owner makes its next ledger known before it is used. That one belongs to the log only if it
 * begins where the one before has ended: the owner may have begun it while its last entries of the
 * one before were refused.
 */
final class Takeover {
  private static final Logger LOGGER = LoggerFactory.getLogger(Takeover.class);
  private static final int ATTEMPTS = 5;

  /**
   * What the new owner begins with.
   *
   * @param sealed ledgers with records, in order
   */
  record Taken(
      Ownership ownership,
      List<SealedLedger> sealed,
      OpenLedger open,
      Producers producers,
      EpochStarts epochs) {}

  private final Ledgers ledgers;
  private final PartitionStates states;
  private final LedgerLogSettings settings;
  private final int broker;
  private final Time time;

  Takeover(
      Ledgers ledgers, PartitionStates states, LedgerLogSettings settings, int broker, Time time) {
    this.ledgers = ledgers;
    this.states = states;
    this.settings = settings;
    this.broker = broker;
    this.time = time;
  }

  /**
   * @param fresh makes a place for producers
   * @throws LedgerException with {@code FENCED} if a newer owner has it or another is faster
   * @throws TimeoutException the store of the states does not answer
   */
  Taken take(PartitionStates.Key key, int leaderEpoch, Supplier<Producers> fresh) {
    CompletableFuture<Ledgers.Writer> next = ledgers.create(); // takes as long as the recovery
    var attempt = new Attempt(key, leaderEpoch, fresh, next);
    try {
      return attempt.run();
    } catch (RuntimeException e) {
      boolean maybeListed = attempt.maybeListed;
      next.thenAccept(unused -> {
        unused.close();
        if (!maybeListed) {
          var _ = ledgers.delete(unused.id());
        }
      });
      throw e;
    }
  }

  /** A sealed ledger that is opened when it is needed. */
  SealedLedger sealed(
      Part part,
      Supplier<Producers> fresh,
      Ledgers.@Nullable Reader reader,
      @Nullable LedgerIndex index) {
    Duration patience = settings.patience();
    return new SealedLedger(
        part,
        id -> recover(id, "opening ledger " + id),
        open -> LedgerScan.of(open, fresh, patience).index(),
        reader,
        index);
  }

  /** Opens a ledger; one that comes when nobody waits for it any more is closed. */
  private Ledgers.Reader recover(long ledger, String what) {
    CompletableFuture<Ledgers.Reader> opening = ledgers.recover(ledger);
    try {
      return Waits.await(opening, settings.patience(), what);
    } catch (RuntimeException e) {
      opening.thenAccept(Ledgers.Reader::close);
      throw e;
    }
  }

  private final class Attempt {
    private final PartitionStates.Key key;
    private final int leaderEpoch;
    private final Supplier<Producers> fresh;
    private final CompletableFuture<Ledgers.Writer> next;

    /** Whether the new ledger may stand in the state already. */
    private boolean maybeListed;

    Attempt(
        PartitionStates.Key key,
        int leaderEpoch,
        Supplier<Producers> fresh,
        CompletableFuture<Ledgers.Writer> next) {
      this.key = key;
      this.leaderEpoch = leaderEpoch;
      this.fresh = fresh;
      this.next = next;
    }

    Taken run() {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        Optional<Versioned> found = states.read(key);
        Optional<Taken> taken = found.isEmpty() ? begin() : follow(found.get());
        if (taken.isPresent()) {
          return taken.get();
        }
      }
      throw new LedgerException(
          LedgerException.Reason.FENCED,
          "others took partition %d of topic %s over %d times meanwhile"
              .formatted(key.partition(), key.topicId(), ATTEMPTS),
          null);
    }

    private Ledgers.Writer next() {
      return Waits.await(next, settings.patience(), "making a ledger");
    }

    private Optional<Taken> begin() {
      Ledgers.Writer writer = next();
      maybeListed = true;
      Optional<Versioned> written =
          states.create(
              key,
              new PartitionState(broker, leaderEpoch, 0, 0, List.of(Part.open(writer.id(), 0))));
      maybeListed = written.isPresent();
      return written.map(state ->
          new Taken(
              new Ownership(states, key, state),
              List.of(),
              new OpenLedger(writer, 0, time.milliseconds()),
              fresh.get(),
              new EpochStarts()));
    }

    private Optional<Taken> follow(Versioned found) {
      PartitionState before = found.state();
      if (before.leaderEpoch() > leaderEpoch) {
        throw new LedgerException(
            LedgerException.Reason.FENCED,
            "broker %d has partition %d of topic %s with leader epoch %d, newer than %d"
                .formatted(
                    before.owner(),
                    key.partition(),
                    key.topicId(),
                    before.leaderEpoch(),
                    leaderEpoch),
            null);
      }
      var chain = new Chain(fresh.get(), before.startOffset());
      try {
        Optional<Taken> taken = follow(found, chain);
        if (taken.isEmpty()) {
          chain.close();
        }
        return taken;
      } catch (RuntimeException e) {
        chain.close();
        throw e;
      }
    }

    private Optional<Taken> follow(Versioned found, Chain chain) {
      PartitionState before = found.state();
      settle(before, chain);
      Ledgers.Writer writer = next();
      var parts = new ArrayList<Part>();
      chain.sealed.forEach(ledger -> parts.add(ledger.part()));
      parts.add(Part.open(writer.id(), chain.end));
      maybeListed = true;
      Optional<Versioned> written =
          states.write(
              key,
              new PartitionState(
                  broker, leaderEpoch, before.startOffset(), before.compactedTo(), parts),
              found.version());
      maybeListed = written.isPresent();
      if (written.isEmpty()) {
        return Optional.empty();
      }
      chain.dropped.forEach(this::drop);
      return Optional.of(
          new Taken(
              new Ownership(states, key, written.get()),
              chain.sealed,
              new OpenLedger(writer, chain.end, time.milliseconds()),
              chain.producers,
              chain.epochs));
    }

    /** What no list names any more and nobody can read; left to a sweep if it cannot be done. */
    private void drop(long ledger) {
      var _ =
          ledgers
              .delete(ledger)
              .exceptionally(failure -> {
                LOGGER
                    .atDebug()
                    .addKeyValue("ledger", ledger)
                    .setCause(failure)
                    .log("A ledger that is not used could not be deleted");
                return null;
              });
    }

    private void settle(PartitionState before, Chain chain) {
      Part newestSealed = null;
      for (Part part : before.ledgers()) {
        if (part.isOpen()) {
          chain.add(part);
        } else {
          chain.sealed.add(sealed(part, fresh, null, null));
          newestSealed = part;
          chain.isKnown = false; // the log goes on to the end of this one, at least
        }
      }
      if (!chain.isKnown && newestSealed != null) {
        // The owner before has left a new ledger empty, or none.
        SealedLedger last = chain.sealed.getLast();
        chain.know(LedgerScan.of(last.reader(), fresh, settings.patience()));
      }
    }

    /** The ledgers of a log one behind the other, and how things stand at their end. */
    private final class Chain {
      private final List<SealedLedger> sealed = new ArrayList<>();
      private final List<Long> dropped = new ArrayList<>();
      private Producers producers;
      private EpochStarts epochs = new EpochStarts();
      private long end;

      /** Whether the end was read from a ledger. */
      private boolean isKnown;

      Chain(Producers none, long start) {
        this.producers = none;
        this.end = start;
      }

      void know(LedgerScan scan) {
        producers = scan.producers();
        epochs = scan.epochs();
        end = scan.endOffset();
        isKnown = true;
      }

      /** Adds a ledger that the owner before has written, or was about to write. */
      void add(Part part) {
        Ledgers.Reader reader = recover(part.ledger(), "taking ledger " + part.ledger());
        try {
          add(part, reader);
        } catch (RuntimeException e) {
          reader.close();
          throw e;
        }
      }

      private void add(Part part, Ledgers.Reader reader) {
        boolean first = part.baseOffset() != PartitionState.OPEN;
        if (first && !isKnown) {
          end = part.baseOffset();
        }
        if (reader.lastEntry() < 0
            || (!first && LedgerScan.baseOffset(reader, settings.patience()) != end)) {
          leave(part, reader);
          return;
        }
        LedgerScan scan = LedgerScan.of(reader, fresh, settings.patience());
        if (first && scan.baseOffset() != part.baseOffset()) {
          throw new LedgerException(
              LedgerException.Reason.UNAVAILABLE,
              "ledger %d begins at offset %d, the state says %d"
                  .formatted(part.ledger(), scan.baseOffset(), part.baseOffset()),
              null);
        }
        know(scan);
        if (scan.index().isEmpty()) {
          leave(part, reader);
          return;
        }
        sealed.add(
            sealed(
                new Part(
                    part.ledger(),
                    scan.baseOffset(),
                    scan.index().bytes(),
                    scan.index().maxTimestamp(),
                    scan.producers().firstUnstable().orElse(scan.endOffset())),
                fresh,
                reader,
                scan.index()));
      }

      private void leave(Part part, Ledgers.Reader reader) {
        reader.close();
        dropped.add(part.ledger());
      }

      /** What was opened for it is not used. */
      void close() {
        sealed.forEach(SealedLedger::close);
      }
    }
  }
}
