/**
 * The forwarder: carries the log to the hub's side, batch by batch, until the bridge says settled.
 *
 * <p>{@link io.headwater.edge.forward.Forwarder} runs one thread, {@code edge-forwarder-0}: it asks
 * for the state after each connection, then sends what is not settled within the bridge's credit
 * and the configured limit, on two tracks: <em>live</em> for what was committed since it connected,
 * <em>backfill</em> for what waited. How the two share the uplink is the stream's {@code order};
 * without one backfill is overtaken if it is much, and otherwise goes first, as live, so that order
 * is kept throughout. Which range goes next is {@code PartitionPlan}'s to say, which knows neither
 * time nor network; which partition's, {@code Rotation}'s; how much of it, {@code SendLimit}'s and
 * {@code SendWindow}'s, which follows the round trip. The MQTT client, {@code UplinkConnection}, is
 * a pipe: it keeps nothing, and its acknowledgements mean nothing. Only an answer settles, and
 * whatever was not answered is sent again.
 */
@NullMarked
package io.headwater.edge.forward;

import org.jspecify.annotations.NullMarked;
