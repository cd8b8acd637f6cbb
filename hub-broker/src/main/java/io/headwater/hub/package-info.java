/**
 * The hub's process: its command, its configuration and the wiring of its parts.
 *
 * <p>{@link io.headwater.hub.Hub} opens everything in the order in which it is needed: data folder,
 * port, ZooKeeper, topic catalog, logs, coordinators, and at last the doors. Its close is the
 * reverse. What speaks Kafka's internals lies in the module below.
 */
@NullMarked
package io.headwater.hub;

import org.jspecify.annotations.NullMarked;
