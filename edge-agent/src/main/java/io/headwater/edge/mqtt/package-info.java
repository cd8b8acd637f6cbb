/**
 * The agent's MQTT server: 3.1.1 and 5, publishes acknowledged after they are on disk.
 *
 * <p>{@link io.headwater.edge.mqtt.MqttListener} owns the port, one {@code MqttConnection} each
 * client, confined to its event loop. Event loops never touch the disk; when the log's queue is
 * full or too much is unacknowledged they stop reading. What a client sends behind its CONNECT
 * waits in {@code Handshake} until {@link io.headwater.edge.mqtt.Admission} has let it in and its
 * session is attached; {@link io.headwater.edge.mqtt.Rights} are asked at each publish, subscribe
 * and delivery.
 *
 * <p>{@code Pipelines} builds what a connection consists of, by its {@link
 * io.headwater.edge.mqtt.Transport}; {@code PacketFramer} cuts the bytes into packets. What clients
 * take is bounded: {@code ConnectionCounts}, {@code FlightBudget} and {@code FilterQuota} count
 * over all connections.
 *
 * <p><b>In.</b> {@code PublishIntake} hands publishes to the log in the order of receipt; {@code
 * AckQueue} holds all acknowledgements of a connection and lets them leave in that order. Of QoS 2
 * the packet identifier goes to disk in the transaction of its row and is deleted before PUBCOMP:
 * in between the message is known, over reconnects and crashes.
 *
 * <p><b>Sessions.</b> What outlives a connection lies beside the rows of the log and nowhere else.
 * A connection writes through the log's queue ({@code SessionStore}), and a newcomer fetches its
 * session by the same queue once its predecessor has let go: so it knows the outcome of all that
 * was under way. {@code Sessions} knows who is connected and who is away, ends sessions in time and
 * publishes wills: as rows, in the transaction that takes the will from the session.
 *
 * <p><b>Out.</b> A subscriber is a cursor: {@code RowDelivery} goes through the committed rows from
 * there on, out of what {@code LoopFeed} still has of the newest commits, else from the disk, and
 * stops while the {@code Outbox} is full. {@code Outbox} is the window of unfinished messages;
 * {@code SessionProgress} writes it down together with the cursor. QoS 2 messages and their PUBRELs
 * are sent after they are on disk; QoS 1 is written at the latest after a second, and comes again
 * if the agent is killed before. {@code RetainedReplay} brings retained messages to a new
 * subscription. {@link io.headwater.edge.mqtt.LocalDelivery} brings values from the hub and
 * commands, which are no rows, to who is connected.
 *
 * <p><b>Shared subscriptions.</b> A {@code SharedGroup} is a cursor of its own, on the loop that
 * its filter's hash gives; it deals rows to the {@code SharedSubscriptions} of connections, whose
 * outboxes send them. {@code SharedGroups} knows which sessions have it.
 *
 * <p>{@code SysTopics} tells what the server counts, by the same way as values from the hub: never
 * through the log. {@code Reasons} says whether a client is told in words why something is refused;
 * {@code Linger} sees to it that a last word is heard.
 *
 * <p>Not served: enhanced authentication, which is refused as the standard says. Retained messages
 * that were still to follow a SUBSCRIBE when its connection broke do not follow later.
 */
@NullMarked
package io.headwater.edge.mqtt;

import org.jspecify.annotations.NullMarked;
