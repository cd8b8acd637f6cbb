/**
 * The agent's MQTT server: 3.1.1 and 5, publishes acknowledged after they are on disk.
 *
 * <p>{@link io.headwater.edge.mqtt.MqttListener} owns the port, one {@code MqttConnection} each
 * client, confined to its event loop: CONNECT, then publishes into the log, and acknowledgements
 * out of one queue in the order of receipt. Event loops never touch the disk; when the log's queue
 * is full or too much is unacknowledged they stop reading. {@code ClientRegistry} knows who is
 * connected, so that a second connection of a client ends the first.
 *
 * <p>{@code Pipelines} builds what a connection consists of, by its {@link
 * io.headwater.edge.mqtt.Transport}; {@code PacketFramer} cuts the bytes into packets. What clients
 * take is bounded: {@code ConnectionCounts}, {@code FlightBudget} and {@code FilterQuota} count
 * over all connections.
 *
 * <p>{@link io.headwater.edge.mqtt.Admission} is asked who may connect. What a client sends behind
 * its CONNECT waits in {@code Handshake} until CONNACK is written; {@link
 * io.headwater.edge.mqtt.Rights} are asked at each PUBLISH and SUBSCRIBE, and before each delivery.
 *
 * <p>{@link io.headwater.edge.mqtt.LocalDelivery} brings committed readings, values from the hub
 * and commands to who is subscribed now, at QoS 0 and 1: live only, without sessions. {@code
 * Subscriptions} are a client's filters, {@code Outbox} what is under way to it.
 *
 * <p>Not served yet: sessions, QoS 2, retained publishes, shared subscriptions, wills; each is
 * refused as the standard says.
 */
@NullMarked
package io.headwater.edge.mqtt;

import org.jspecify.annotations.NullMarked;
