package io.headwater.edge.log;

import java.sql.SQLException;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a bridge gets to know of this opening of the log, noted on disk before it does. Anyone asks
 * for a note; the log's writer writes it, and tries again where it could not.
 */
final class Contacts {
  private static final Logger LOGGER = LoggerFactory.getLogger(Contacts.class);
  private static final long LONGEST_WAIT_MILLIS = 2000;
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** What a bridge keeps of an opening. */
  enum Kind {
    /** In memory: it has asked for its state. */
    ASKED,
    /** With its cursors: it has sent a batch. */
    SENT
  }

  /** Done when nobody needs to wait any more, whether it is on disk or not. */
  private final Map<Kind, CompletableFuture<Void>> wanted = new ConcurrentHashMap<>();

  private final LongSupplier nanoTime;

  // Of the writer's thread alone.
  private final Set<Kind> onDisk = EnumSet.noneOf(Kind.class);
  private long nextTryNanos;

  Contacts(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.nextTryNanos = nanoTime.getAsLong();
  }

  /**
   * Has it noted. Waits the first time, and not for long: a disk that is full or does not answer
   * must not keep readings from the hub.
   */
  void note(Kind kind) {
    CompletableFuture<Void> note = wanted.computeIfAbsent(kind, _ -> new CompletableFuture<>());
    if (note.isDone()) {
      return;
    }
    try {
      note.get(LONGEST_WAIT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      LOGGER.atDebug().setCause(e).log("Going on without a note");
    } catch (TimeoutException e) {
      note.completeExceptionally(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Writes what is wanted and not yet on disk.
   *
   * @throws SQLException it was not written, and the file has to be rolled back
   */
  void write(LogFile active, LogState state) throws SQLException {
    for (Kind kind : Kind.values()) {
      CompletableFuture<Void> note = wanted.get(kind);
      if (note != null && !onDisk.contains(kind) && nanoTime.getAsLong() - nextTryNanos >= 0) {
        write(kind, note, active, state);
      }
    }
  }

  private void write(Kind kind, CompletableFuture<Void> note, LogFile active, LogState state)
      throws SQLException {
    long opening = state.incarnations().getLast().id();
    switch (kind) {
      case ASKED -> state.setLastAsked(opening);
      case SENT -> state.setLastSent(opening);
    }
    try {
      active.writeContacts(state);
      active.commit();
    } catch (SQLException e) {
      nextTryNanos = nanoTime.getAsLong() + RETRY_NANOS;
      LOGGER
          .atWarn()
          .addKeyValue("error", e.getMessage())
          .log("The log could not note what a bridge gets to know of it");
      note.completeExceptionally(e);
      throw e;
    }
    onDisk.add(kind);
    note.complete(null);
  }
}
