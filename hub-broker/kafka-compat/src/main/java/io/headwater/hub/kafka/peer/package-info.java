/**
 * Requests from broker to broker, over Kafka's own network client: {@link
 * io.headwater.hub.kafka.peer.Peers} sends single requests, {@link
 * io.headwater.hub.kafka.peer.PeerBatches} gathers what is for one broker while a request to it is
 * under way.
 */
@NullMarked
package io.headwater.hub.kafka.peer;

import org.jspecify.annotations.NullMarked;
