/**
 * The edge agent's process: its command, its configuration and the wiring of its parts.
 *
 * <p>{@link io.headwater.edge.EdgeAgent} opens the log, then the forwarder, then the doors for
 * sensors; it closes in reverse, so that what was acknowledged is committed before the end.
 */
@NullMarked
package io.headwater.edge;

import org.jspecify.annotations.NullMarked;
