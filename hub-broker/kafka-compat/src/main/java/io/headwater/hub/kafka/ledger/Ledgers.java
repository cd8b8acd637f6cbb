package io.headwater.hub.kafka.ledger;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Replicated, append-only ledgers of numbered entries: what Apache BookKeeper gives. Thread-safe;
 * no method waits.
 *
 * <p>A ledger has one writer, ever. Whoever {@link #recover recovers} it ends that: from then on
 * the writer's appends fail, and its last entry stays what the recovery has found, which contains
 * every entry whose append has completed.
 *
 * <p>Futures fail with {@link LedgerException}, never with the client's own exceptions.
 */
public interface Ledgers extends AutoCloseable {
  /**
   * Makes an empty ledger on as many stores as there should be, or on those that are left if they
   * suffice for an acknowledgement.
   */
  CompletableFuture<Writer> create();

  /**
   * Fences a ledger and settles where it ends; one that is sealed is opened only. May be repeated,
   * also by several at once: all find the same end.
   */
  CompletableFuture<Reader> recover(long ledger);

  /** Deletes a ledger; one that is not there is a success. */
  CompletableFuture<Void> delete(long ledger);

  @Override
  void close();

  /** Reads a ledger. */
  interface Reader extends AutoCloseable {
    long id();

    /** Number of the last entry that can be read; -1 if there is none. */
    long lastEntry();

    /**
     * Reads entries, checked by their checksums.
     *
     * @param first number of the first entry wanted, 0 to {@code lastEntry}
     * @param maxEntries at least 1; fewer may come, but never none
     * @param maxBytes a bound which the first entry may exceed
     * @return in order; each buffer is the caller's own, from position 0 to its limit
     */
    CompletableFuture<List<ByteBuffer>> read(long first, int maxEntries, int maxBytes);

    @Override
    void close();
  }

  /** Writes a ledger, and reads those of its entries that are durable. */
  interface Writer extends Reader {
    /**
     * Appends an entry; its number is one more than that of the append before. Completes when as
     * many stores as suffice have it on disk, in the order of the appends. After a failure every
     * later append fails.
     *
     * @param entry not changed by anybody until the future completes
     */
    CompletableFuture<Void> append(ByteBuffer entry);

    /** Whether the ledger lies on fewer stores than it should, so that a new one is wanted. */
    boolean isShort();

    /** Ends the ledger at its last durable entry; appends that are under way may fail. */
    CompletableFuture<Void> seal();
  }
}
