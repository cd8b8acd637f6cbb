/** Reads the far end: the hub, or any Kafka, through Kafka's own client. */
@NullMarked
package io.headwater.sim.hub;

import org.jspecify.annotations.NullMarked;
