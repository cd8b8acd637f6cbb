/**
 * Transactions: who may write under which epoch, and the end of each transaction.
 *
 * <p>The state machine of one transactional id is Kafka's own {@code TransactionMetadata}. {@link
 * io.headwater.hub.kafka.txn.TransactionCoordinator} drives it on one thread: a step is prepared,
 * written to {@code __transaction_state} ({@code TransactionStateLog}), and completed once that is
 * on disk; meanwhile the id answers CONCURRENT_TRANSACTIONS, or waits a moment where a client would
 * only come back. {@code EndDecision} says what an end means. A {@code MarkerRun} writes the
 * markers that end a transaction, to each partition until it has taken its own; only then is the
 * transaction complete.
 *
 * <p>An id is kept by the broker that leads its partition of {@code __transaction_state}, for as
 * long as it does so: a {@code Shard} is one such tenure. It begins with reading the state back,
 * and what was being ended is ended again: markers are idempotent in effect. It ends with {@code
 * NOT_COORDINATOR} for all that wait; what was on its way to the disk is then for the next tenure
 * to find or not. The leader epoch goes into the batches and, as the coordinator's epoch, into the
 * markers, so that logs refuse those of a coordinator whose tenure is over.
 *
 * <p>Partitions of a transaction may be led by other brokers: {@code Markers} sends them their
 * markers, and {@code LogTransactionVerifier} asks the coordinator, wherever it is, before the
 * first append of a transaction.
 *
 * <p>Transaction version 2 (KIP-890) raises the epoch with each end, by whomever. When the epochs
 * of a producer id are used up, the end or InitProducerId goes on with a new id; both ids are kept
 * so that a repeated request is answered as the first one was. Two-phase commit (KIP-939) is not
 * served, as in Kafka with the feature off: version 6 of InitProducerId is not announced.
 */
@NullMarked
package io.headwater.hub.kafka.txn;

import org.jspecify.annotations.NullMarked;
