/**
 * Decides what happened to every reading. No network, no threads of its own, no clock: ledger and
 * judge are fed by others, and memory is bounded by interval sets, which stay small as long as
 * sequences are dense.
 *
 * <p>The words: a reading is a (device, sequence); it is published in one or more attempts. <i>
 * Lost</i>: an attempt was acknowledged and none is in the hub. <i>Duplicated</i>: the same attempt
 * twice, or one offset of an edge log twice. <i>Resent</i>: two attempts of one reading: reported,
 * not a fault. <i>Reordered</i>: a reading whose first occurrence comes after that of a later
 * reading of its device. <i>Corrupted</i>: the checksum does not fit.
 */
@NullMarked
package io.headwater.sim.judge;

import org.jspecify.annotations.NullMarked;
