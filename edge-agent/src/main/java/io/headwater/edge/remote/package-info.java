/**
 * The agent as an MQTT client of other brokers: takes their messages into the log, and publishes
 * what is in the log to them.
 *
 * <p>{@link io.headwater.edge.remote.Remotes} opens one {@code RemoteBroker} for each configured
 * broker. Each has a thread of its own, and all of its state is confined to it. A {@code
 * RemoteConnection} lasts as long as its TCP connection: a lost one is never taken up again,
 * another one is made with a fresh client, so that nothing of the old one holds up the new (a
 * client that reconnects by itself goes on waiting for acknowledgements that were due before).
 *
 * <p><b>In</b>: a persistent session (unless {@code clean-session}). A message is mapped, goes the
 * way of a sensor's publish, and is acknowledged to its broker once it is committed here. What is
 * not committed is not acknowledged: the broker keeps it and sends it again.
 *
 * <p><b>Out</b>: a cursor over the whole log, kept in {@code remotes.db} by {@code RemoteStore}.
 * Rows behind it are published in the order of the log; it moves when the broker has acknowledged
 * them, and {@link io.headwater.edge.log.LogHold} keeps the rows in front of it on disk. After a
 * crash up to a second of them goes out once more.
 *
 * <p><b>Loops</b>: a row that came from a broker never goes back to it, subscriptions there have
 * the option no-local, and {@link io.headwater.edge.mqtt.Hops} ends circles over several brokers.
 *
 * <p>{@link io.headwater.edge.remote.MosquittoBridges} translates Mosquitto's configuration.
 */
@NullMarked
package io.headwater.edge.remote;

import org.jspecify.annotations.NullMarked;
