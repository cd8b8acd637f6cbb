/**
 * The hub's logs in a cluster: each partition is a list of replicated ledgers, which one broker at
 * a time writes.
 *
 * <p>What stores the ledgers ({@link io.headwater.hub.kafka.ledger.Ledgers}) and what keeps each
 * partition's {@link io.headwater.hub.kafka.ledger.PartitionState} ({@link
 * io.headwater.hub.kafka.ledger.PartitionStates}) is given from outside: Apache BookKeeper and
 * Apache ZooKeeper. Between them {@link io.headwater.hub.kafka.ledger.LedgerLogEngine} gives the
 * same logs as the file engine does, and no time enters into what is safe:
 *
 * <ul>
 *   <li><b>One batch is one entry.</b> Offsets lie in the batches, never in numbers of entries. An
 *       append assigns offsets and hands the entry over under the log's lock; the high watermark
 *       follows as entries are stored, in their order. One that fails ends the tenure.
 *   <li><b>Taking over</b> ({@code Takeover}) fences the open ledgers, reads what they hold, and
 *       puts a new ledger behind them by one write of the state on the condition that nobody else
 *       has written. An owner that does not know of it yet can no longer store anything.
 *   <li><b>Each ledger explains itself.</b> Every 1,024th entry is a {@code Checkpoint}: producers,
 *       aborted transactions, leader epochs and a coarse index. A new owner reads the last one and
 *       what is behind it, whatever the ledger's size.
 *   <li><b>Rolling</b> stops nothing: the next ledger is made and made known while the one before
 *       is half full. A ledger that was begun although the last entries of the one before were
 *       refused does not begin where that one ends, and is left out.
 *   <li><b>Deleting</b> is of whole ledgers: first they leave the state, then the stores. What a
 *       broker leaves behind that dies in between is deleted a day later ({@code OrphanSweep}).
 * </ul>
 *
 * <p>Readers at the end are served from memory ({@code TailCache}), others from the stores ({@code
 * LedgerReads}), which are asked ahead for those that read in order ({@code ReadAhead}). Changes of
 * the state wait for its store and so are made by the threads {@code hub-ledgers}; appends never
 * wait.
 */
@NullMarked
package io.headwater.hub.kafka.ledger;

import org.jspecify.annotations.NullMarked;
