/**
 * Simulated devices, each with an MQTT connection of its own, on few event loops.
 *
 * <p>The schedule is open-loop: when a reading is due depends on the clock alone, not on how fast
 * earlier ones were taken. A device that may not send more (its window is full, or it has no
 * connection) falls behind and catches up; no reading of the schedule is left out. What is not
 * acknowledged in time, or was under way when the connection broke, is published again as a new
 * attempt, oldest first, before anything new: so a device never overtakes itself.
 */
@NullMarked
package io.headwater.sim.fleet;

import org.jspecify.annotations.NullMarked;
