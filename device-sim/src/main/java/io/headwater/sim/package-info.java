/**
 * The simulator's commands: {@code headwater sim run} and {@code headwater demo}.
 *
 * <p>A run has three parts. A {@link io.headwater.sim.fleet fleet} of simulated devices publishes
 * readings over MQTT and writes into a {@link io.headwater.sim.judge.Ledger ledger} what was
 * acknowledged. A {@link io.headwater.sim.far.Verifier verifier} reads the far end and shows each
 * record to a {@link io.headwater.sim.judge.Judge judge}. At the end judge and ledger together give
 * the verdict. The demo puts a {@link io.headwater.sim.local.LocalSystem local system} of real
 * processes below that.
 */
@NullMarked
package io.headwater.sim;

import org.jspecify.annotations.NullMarked;
