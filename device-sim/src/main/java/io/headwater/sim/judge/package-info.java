/**
 * Decides what happened to every reading. No network, no threads of its own, no clock: ledger and
 * judge are fed by others. Memory is bounded by compressed sets of sequences: next to nothing as
 * long as they come in order, and little over a bit for each reading in the worst case.
 *
 * <p>The words: a reading is a (device, sequence); it is published in one or more attempts. <i>
 * Lost</i>: an attempt was acknowledged and none is at the far end. <i>Duplicated</i>: the same
 * attempt twice, or one offset of an edge log twice. <i>Resent</i>: two attempts of one reading:
 * reported, and a fault only by the {@link io.headwater.sim.judge.Rules rules} of a run at QoS 2 or
 * with deduplication. <i>Reordered</i>: a reading whose first occurrence comes after that of a
 * later reading of its device on the same track (after an outage live readings do not wait for the
 * backlog). <i>Late</i>: a reading whose first occurrence comes longer after it was due than the
 * rules allow. <i>Corrupted</i>: the checksum does not fit. Each is told apart for readings that
 * were acknowledged and others.
 */
@NullMarked
package io.headwater.sim.judge;

import org.jspecify.annotations.NullMarked;
