/**
 * Outputs of the device itself: pins and PWM that local topics drive.
 *
 * <p>{@link io.headwater.edge.output.OutputsReader} makes settings of what is declared; one that is
 * wrong becomes a {@link io.headwater.edge.output.FaultyOutput} and keeps nothing else from
 * starting. An output takes what is committed to its topic, as a subscriber does, and what the hub
 * gives it: {@link io.headwater.edge.output.Outputs} looks at each commit and hands commands to
 * {@code OutputWorker}, the one thread of a bus. {@code OutputRun} knows what an output should be:
 * its safe value at the start, at the end and when nobody has commanded it for too long. {@code
 * OutputReport} publishes what it is.
 */
@NullMarked
package io.headwater.edge.output;

import org.jspecify.annotations.NullMarked;
