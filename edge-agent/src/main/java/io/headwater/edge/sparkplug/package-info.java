/**
 * Sparkplug B: what edge nodes say, in plain readings, and the agent as an edge node.
 *
 * <p><b>In.</b> {@link io.headwater.edge.sparkplug.SparkplugIntake} stands in front of the routes:
 * a message of the namespace {@code spBv1.0} goes into the log as every publish does, and to the
 * thread {@code edge-sparkplug-0}, whose readings follow it. Its publisher is answered when all are
 * committed. {@code NodeState} knows one edge node: its births, the aliases of its metrics ({@code
 * MetricTable}) and where in its sequence it is. What it cannot believe it does not tell: then
 * nothing of the node counts until it is born again, which it is asked for. {@code MetricJson}
 * makes the payloads.
 *
 * <p><b>Out.</b> {@link io.headwater.edge.sparkplug.EdgeNode} is a client of another broker, on a
 * thread of its own: {@code NodeConnection} is what it says in one session.
 *
 * <p>The words are those of the Sparkplug specification, 3.0.
 */
@NullMarked
package io.headwater.edge.sparkplug;

import org.jspecify.annotations.NullMarked;
