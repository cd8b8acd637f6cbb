/**
 * Simulated devices, each with an MQTT connection of its own, on few event loops.
 *
 * <p>The schedule is open-loop: when a reading is due depends on the clock alone, not on how fast
 * earlier ones were taken. {@link io.headwater.sim.fleet.Tempo} counts the fleet's time in beats,
 * {@link io.headwater.sim.fleet.Schedule} says on which beat a device's reading is due, and one
 * {@link io.headwater.sim.fleet.Pacer} for each event loop wakes the devices. A device that may not
 * send more (its window or the broker's receive maximum is full, or its connection is missing or
 * not writable) falls behind and catches up; no reading of the schedule is left out, and its
 * latency counts from when it was due.
 *
 * <p>What is not acknowledged in time, was under way when the connection broke, or was refused, is
 * published again as a new attempt, oldest first, before anything new: so a device never overtakes
 * itself. At QoS 2 the session outlives the connection, and the same attempt goes on.
 *
 * <p>A {@link io.headwater.sim.fleet.Device} decides what is published and when; a {@link
 * io.headwater.sim.fleet.Link} is how: on Netty's codec, or with HiveMQ's client.
 */
@NullMarked
package io.headwater.sim.fleet;

import org.jspecify.annotations.NullMarked;
