/**
 * How a cluster does, for operators: the command {@code headwater cluster status}, the page {@code
 * /cluster} of each node, and series for alarms.
 *
 * <p>{@link io.headwater.hub.status.ClusterReader} asks each ZooKeeper member for itself, and reads
 * the rest from ZooKeeper: no broker has to be there, and none is disturbed. What it has read is a
 * {@link io.headwater.hub.status.ClusterStatus}, which says what is wrong and what to do about it
 * ({@code Problems}), as text or JSON. {@link io.headwater.hub.status.ClusterWatch} does so again
 * and again on a node, on a thread and a connection of its own: a request for the page never waits
 * for ZooKeeper.
 *
 * <p>A broker that is not registered leaves no trace of its own; it is missed if a partition has it
 * among its replicas. Of a bookie a cookie stays for good; it is missed as long as a ledger has a
 * copy on it.
 */
@NullMarked
package io.headwater.hub.status;

import org.jspecify.annotations.NullMarked;
