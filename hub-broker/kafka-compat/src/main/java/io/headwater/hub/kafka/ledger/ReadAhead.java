package io.headwater.hub.kafka.ledger;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/**
 * Entries of one log that are read before somebody asks for them: what comes next for a reader who
 * goes through a ledger in order. An entry never changes, so what is here is never out of date.
 *
 * <p>While such a reader takes one span of entries, the one behind it is read. A span goes as soon
 * as it has been taken, or when nobody has come for it in time; a reader who comes later, or for
 * whom there was no room, reads for himself. Thread-safe; no method waits.
 */
final class ReadAhead {
  /** One span; an entry larger than that makes a span by itself. */
  static final int SPAN_BYTES = 1 << 20;

  /** So many readers at different places have one span in hand and one on its way. */
  private static final int MOST_SPANS = 8;

  private static final int MOST_ENTRIES = 4_096;
  private static final long WANTED_MS = 10_000;

  /** Entries in a row. Guarded by the log's part. */
  private static final class Span {
    private final Ledgers.Reader reader;
    private final long first;
    private final long begunMs;
    private final CompletableFuture<List<ByteBuffer>> arrived = new CompletableFuture<>();

    /** Null until they are here. */
    private @Nullable List<ByteBuffer> entries;

    private long room = SPAN_BYTES;
    private boolean dropped;

    Span(Ledgers.Reader reader, long first, long begunMs) {
      this.reader = reader;
      this.first = first;
      this.begunMs = begunMs;
    }

    /** Number of the entry behind; the first one while that is not known. */
    long end() {
      return entries == null ? first : first + entries.size();
    }

    boolean holds(long ledger, long entry) {
      return reader.id() == ledger
          && (entries == null ? entry == first : entry >= first && entry < end());
    }
  }

  private final ReadAheadBudget budget;
  private final Time time;

  // Guarded by this.
  private final List<Span> spans = new ArrayList<>();
  private boolean closed;

  ReadAhead(ReadAheadBudget budget, Time time) {
    this.budget = budget;
    this.time = time;
  }

  /**
   * Entries in a row from that one, if they are here or on their way.
   *
   * @return completes with at least one; each buffer is the caller's own. Fails as the read does
   */
  Optional<CompletableFuture<List<ByteBuffer>>> from(long ledger, long entry) {
    Span found = null;
    synchronized (this) {
      for (Span span : spans) {
        if (span.holds(ledger, entry)) {
          found = span;
          break;
        }
      }
    }
    return Optional.ofNullable(found)
        .map(span -> span.arrived.thenApply(all -> duplicates(all, (int) (entry - span.first))));
  }

  private static List<ByteBuffer> duplicates(List<ByteBuffer> all, int from) {
    var some = new ArrayList<ByteBuffer>(all.size() - from);
    for (ByteBuffer one : all.subList(from, all.size())) {
      some.add(one.duplicate());
    }
    return some;
  }

  /** A reader who goes through the ledger in order wants that entry next. */
  void follow(Ledgers.Reader reader, long entry) {
    Span begun;
    synchronized (this) {
      drop(span -> span.reader.id() == reader.id() && span.entries != null && span.end() == entry);
      Span inHand = null;
      for (Span span : spans) {
        if (span.holds(reader.id(), entry)) {
          inHand = span;
        }
      }
      long next = entry;
      if (inHand != null) {
        next = inHand.end();
        if (inHand.entries == null || isHere(reader.id(), next)) {
          return;
        }
      }
      if (closed
          || next > reader.lastEntry()
          || spans.size() >= MOST_SPANS
          || !budget.begin(SPAN_BYTES)) {
        return;
      }
      begun = new Span(reader, next, time.milliseconds());
      spans.add(begun);
    }
    var _ =
        reader
            .read(begun.first, MOST_ENTRIES, SPAN_BYTES)
            .whenComplete((entries, failure) -> arrived(begun, entries, failure));
  }

  private boolean isHere(long ledger, long entry) {
    return spans.stream().anyMatch(span -> span.holds(ledger, entry));
  }

  private void arrived(Span span, @Nullable List<ByteBuffer> entries, @Nullable Throwable failure) {
    synchronized (this) {
      long size = entries == null ? 0 : entries.stream().mapToLong(ByteBuffer::remaining).sum();
      budget.arrived(size - span.room);
      span.room = size;
      span.entries = entries;
      if (span.dropped) {
        budget.free(size);
      } else if (entries == null) {
        spans.remove(span);
      }
    }
    // Without the lock: whoever waits goes on here.
    if (entries == null) {
      span.arrived.completeExceptionally(
          failure == null ? new IllegalStateException("no entries") : failure);
    } else {
      span.arrived.complete(entries);
    }
  }

  /** Lets go what nobody has come for. */
  void forgetUnwanted() {
    long now = time.milliseconds();
    synchronized (this) {
      drop(span -> now - span.begunMs > WANTED_MS);
    }
  }

  /** Lets all go; nothing is read any more. */
  synchronized void close() {
    closed = true;
    drop(_ -> true);
  }

  private interface Unwanted {
    boolean test(Span span);
  }

  private void drop(Unwanted unwanted) {
    for (Iterator<Span> all = spans.iterator(); all.hasNext(); ) {
      Span span = all.next();
      if (unwanted.test(span)) {
        all.remove();
        span.dropped = true;
        if (span.entries != null) { // otherwise when they arrive
          budget.free(span.room);
        }
      }
    }
  }
}
