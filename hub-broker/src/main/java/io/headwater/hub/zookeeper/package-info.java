/**
 * ZooKeeper in the hub's own process, and what is kept in it: the topic catalog, and in a cluster
 * the states of partitions.
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
 * /headwater/brokers/ID     {"host", "port", "rack", "leaving", "folder"}, ephemeral
 * /headwater/controller     who stands for election as the one that gives partitions to brokers
 * /headwater/suspects/ID-REGISTRATION/BY   BY was refused by ID's port; ephemeral
 * /headwater/producer-ids   {"next": first producer id that is free}
 * </pre>
 *
 * <p>{@link io.headwater.hub.zookeeper.ZooKeeperPartitionStates} keeps who may write a partition,
 * and the ledgers that hold it. Each state is changed by itself, under the version of its node, and
 * lies apart from the catalog, whose changes are under one version for all:
 *
 * <pre>
 * /headwater/ledgers/TOPIC-ID/PARTITION
 *     {"owner", "epoch", "start", "compacted",
 *      "ledgers": [[ledger, base offset, bytes, max timestamp, stable offset], ...]}
 * </pre>
 *
 * <p>{@code epoch} is the leader epoch, {@code start} the first offset that may be read; -1 in a
 * ledger stands for what is not settled yet. A ledger takes some 50 bytes, so that the largest node
 * that ZooKeeper allows (1 MiB) has room for about 20,000.
 */
@NullMarked
package io.headwater.hub.zookeeper;

import org.jspecify.annotations.NullMarked;
