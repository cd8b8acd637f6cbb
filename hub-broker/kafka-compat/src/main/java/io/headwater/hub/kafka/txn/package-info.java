/**
 * Transactions: who may write under which epoch, and the end of each transaction.
 *
 * <p>The state machine of one transactional id is Kafka's own {@code TransactionMetadata}. {@link
 * io.headwater.hub.kafka.txn.TransactionCoordinator} drives it on one thread: a step is prepared,
 * written to {@code __transaction_state}, and completed once that is on disk; meanwhile the id
 * answers CONCURRENT_TRANSACTIONS, or waits where a client would only come back. {@link
 * io.headwater.hub.kafka.txn.MarkerWriter} writes the markers that end a transaction in its
 * partitions. After a start {@link io.headwater.hub.kafka.txn.TransactionLogReader} reads the state
 * back, and transactions that were being ended are ended again: markers are idempotent in effect.
 */
@NullMarked
package io.headwater.hub.kafka.txn;

import org.jspecify.annotations.NullMarked;
