/**
 * The forwarder: carries the log to the hub's side, batch by batch, until the bridge says settled.
 *
 * <p>{@link io.headwater.edge.forward.Forwarder} runs one thread, {@code edge-forwarder-0}: it asks
 * for the state after each connection, then sends what is not settled within the bridge's credit,
 * on two tracks: <em>live</em> for what was committed since it connected, <em>backfill</em> for
 * what waited, if that is much; a short backlog goes first, as live, and order is kept throughout.
 * Which range goes next is {@code PartitionPlan}'s to say, which knows neither time nor network.
 * The MQTT client, {@code UplinkConnection}, is a pipe: it keeps nothing, and its acknowledgements
 * mean nothing. Only an answer settles, and whatever was not answered is sent again.
 */
@NullMarked
package io.headwater.edge.forward;

import org.jspecify.annotations.NullMarked;
