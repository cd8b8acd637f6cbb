/**
 * Reads the far end of the path, where readings shall end up: topics of the hub, or of any Kafka,
 * through Kafka's own client, or what an MQTT broker hands to a subscriber. A {@link
 * io.headwater.sim.far.Place} says where; the {@link io.headwater.sim.far.Verifier} shows what is
 * found to a judge.
 */
@NullMarked
package io.headwater.sim.far;

import org.jspecify.annotations.NullMarked;
