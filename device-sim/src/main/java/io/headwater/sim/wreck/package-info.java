/**
 * Breaks a process from inside, as a defect of a library in it would.
 *
 * <p>{@link io.headwater.sim.wreck.Wreck} attaches to a JVM on this machine and loads {@code
 * SessionLoopEnder} into it.
 */
@NullMarked
package io.headwater.sim.wreck;

import org.jspecify.annotations.NullMarked;
