/**
 * Inputs of the device itself: sensors on its buses and pins, and what the host tells of itself.
 *
 * <p>{@link io.headwater.edge.input.InputsReader} makes settings of what is declared; one that is
 * wrong becomes a {@link io.headwater.edge.input.FaultyInput} and keeps nothing else from starting.
 * {@link io.headwater.edge.input.Schedule} says when an input is read, on one thread that never
 * touches a bus. {@link io.headwater.edge.input.BusWorker} is the one thread of a bus and does the
 * reads; a read that hangs costs its own bus only, and is given up by the schedule in time. {@link
 * io.headwater.edge.input.InputReport} calibrates, holds back what has not changed, and hands
 * readings and faults to the same {@link io.headwater.edge.mqtt.PublishSink} as clients' publishes:
 * so routes apply to them, and they are committed and forwarded once.
 */
@NullMarked
package io.headwater.edge.input;

import org.jspecify.annotations.NullMarked;
