package io.headwater.edge.log;

import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a bridge gets to know of this opening of the log, noted on disk before it does. Anyone asks
 * for a note; the log's writer writes it. Each kind is noted once.
 */
final class Contacts {
  private static final Logger LOGGER = LoggerFactory.getLogger(Contacts.class);

  /** What a bridge keeps of an opening. */
  enum Kind {
    /** In memory: it has asked for its state. */
    ASKED,
    /** With its cursors: it has sent a batch. */
    SENT
  }

  private final Map<Kind, CompletableFuture<Void>> notes = new ConcurrentHashMap<>();

  /** Completes once it is on disk; exceptionally if it could not be written now. */
  CompletableFuture<Void> note(Kind kind) {
    return notes.computeIfAbsent(kind, _ -> new CompletableFuture<>());
  }

  boolean isNoted(Kind kind) {
    CompletableFuture<Void> note = notes.get(kind);
    return note != null && note.isDone();
  }

  /**
   * Writes what is wanted and not yet written.
   *
   * @throws SQLException nothing was written, and the file has to be rolled back
   */
  void write(LogFile active, LogState state) throws SQLException {
    long opening = state.incarnations().getLast().id();
    for (Kind kind : Kind.values()) {
      CompletableFuture<Void> note = notes.get(kind);
      if (note == null || note.isDone()) {
        continue;
      }
      switch (kind) {
        case ASKED -> state.setLastAsked(opening);
        case SENT -> state.setLastSent(opening);
      }
      try {
        active.writeContacts(state);
        active.commit();
      } catch (SQLException e) {
        LOGGER
            .atWarn()
            .addKeyValue("error", e.getMessage())
            .log("The log could not note what a bridge gets to know of it");
        var _ = notes.remove(kind);
        note.completeExceptionally(e);
        throw e;
      }
      note.complete(null);
    }
  }
}
