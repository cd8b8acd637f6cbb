/**
 * Replicated ledgers by Apache BookKeeper: the client, and a bookie in the hub's own process.
 *
 * <p>{@link io.headwater.hub.bookkeeper.BookKeeperLedgers} is the client; one serves the whole
 * process. {@link io.headwater.hub.bookkeeper.EmbeddedBookie} is the store of one node. Both find
 * each other through ZooKeeper, below {@code /ledgers}, which is BookKeeper's own: its tools find
 * the cluster there.
 *
 * <p>A ledger lies on {@code W} bookies, and an append is done when {@code A} of them have it on
 * disk: {@code W} is the replication factor, {@code A} at least the in-sync minimum and at least a
 * majority. While fewer than {@code W} bookies are alive, a new ledger takes those that are left,
 * and never fewer than {@code A}. An entry lies on all bookies of its ledger, so that any of them
 * can answer a read of many entries at once.
 *
 * <p>If there are no more bookies than a ledger takes, none can replace one that fails: an open
 * ledger then goes on with the others as long as {@code A} are left ({@code delayEnsembleChange}).
 *
 * <p>A client that is given the bookie of its own process asks that one first, without the network
 * ({@code OwnBookieReads}), and checks the digest itself. What the bookie does not have, because it
 * was away or is damaged, the client gets from the others. So that it has most, new ledgers always
 * lie on it ({@code OwnBookieFirst}).
 *
 * <p>All ledgers are labelled ({@code application = headwater}), so that those which nobody has
 * listed can be told from others' and swept.
 */
@NullMarked
package io.headwater.hub.bookkeeper;

import org.jspecify.annotations.NullMarked;
