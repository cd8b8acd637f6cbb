/**
 * ZooKeeper in the hub's own process, and the topic catalog kept in it.
 *
 * <p>{@link io.headwater.hub.zookeeper.EmbeddedZooKeeper} runs a quorum even on a single node: one
 * of one member, so that others can join it later without a new start. {@link
 * io.headwater.hub.zookeeper.ZooKeeperStore} keeps the catalog, every write under a version check:
 *
 * <pre>
 * /headwater/cluster        {"id": cluster id}
 * /headwater/topics         its version is that of all topics and groups: each change writes it too
 * /headwater/topics/NAME    {"id", "partitions": [[leader, leader epoch, [replicas]], ...], "configs"}
 * /headwater/groups/group-NAME  {"group", "configs"}, if any are set; the name URL-encoded
 * /headwater/brokers/ID     {"host", "port", "rack"}, ephemeral
 * /headwater/producer-ids   {"next": first producer id that is free}
 * </pre>
 */
@NullMarked
package io.headwater.hub.zookeeper;

import org.jspecify.annotations.NullMarked;
