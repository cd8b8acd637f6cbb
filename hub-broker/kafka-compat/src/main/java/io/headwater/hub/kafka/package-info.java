/**
 * The broker on Kafka's own modules, as one part: {@link io.headwater.hub.kafka.Broker} wires log,
 * catalog, coordinators and network. This module alone knows Kafka's internals.
 */
@NullMarked
package io.headwater.hub.kafka;

import org.jspecify.annotations.NullMarked;
