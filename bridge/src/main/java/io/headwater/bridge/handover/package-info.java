/**
 * The hand-over: batches of gateways into the hub, each offset once.
 *
 * <p>One thread, {@code bridge-handover-0}, owns everything: it is a member of the group {@code
 * headwater-bridge} over the 64 partitions of {@code headwater-cursors}, which are the lanes; it
 * takes what arrived, drops what the cursors cover, and writes records, gaps and the new cursors in
 * one transaction, together with an offset for each lane in it: only the current owner of a lane
 * gets that through. Answers leave after the commit. Any error of a commit means that its outcome
 * is unknown: the producer is dropped, the cursors are read again, and nothing is answered.
 *
 * <p>{@code Inbox} keeps what arrived, bounded in bytes, and unpacks ahead on a thread of its own.
 * {@code GroupBalance} sees that each lane has an owner. {@code Lanes} keeps the cursors of the
 * owned lanes and tells {@code LaneListener}s; {@code Intake} decodes and judges; {@code Delivery}
 * makes records of what is new ({@code CaptureTimes} says between which times a gap lies), {@code
 * TransactionWriter} commits them, {@code Answers} tells the gateways.
 *
 * <p>A {@code Way} tells what may have been lost before a message: of a gateway whose way is
 * another than when it last asked for its state, nothing is taken before it asks again, as later
 * batches would go before those that are missing.
 *
 * <p>{@code GatewayCursors} is the pure part: what a batch means to a cursor. {@code CursorStore}
 * reads the cursors of a lane once all transactions before it are decided.
 */
@NullMarked
package io.headwater.bridge.handover;

import org.jspecify.annotations.NullMarked;
