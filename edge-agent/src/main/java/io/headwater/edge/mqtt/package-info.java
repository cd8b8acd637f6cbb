/**
 * The agent's MQTT server: 3.1.1 and 5, publishes acknowledged after they are on disk.
 *
 * <p>{@link io.headwater.edge.mqtt.MqttListener} owns the port, one {@code MqttConnection} each
 * client, confined to its event loop: CONNECT, then publishes into the log, and acknowledgements
 * out of one queue in the order of receipt. Event loops never touch the disk; when the log's queue
 * is full or too much is unacknowledged they stop reading. {@code ClientRegistry} knows who is
 * connected, so that a second connection of a client ends the first.
 *
 * <p>Not served yet: subscriptions, QoS 2, retained messages, wills; each is refused as the
 * standard says.
 */
@NullMarked
package io.headwater.edge.mqtt;

import org.jspecify.annotations.NullMarked;
