/**
 * ZooKeeper in the hub's own process, and what is kept in it: the topic catalog, and in a cluster
 * the states of partitions.
 *
 * <p>{@link io.headwater.hub.zookeeper.EmbeddedZooKeeper} runs a quorum even on a single node: one
 * of one member. In a cluster it runs one of the three or five members of an {@link
 * io.headwater.hub.zookeeper.Ensemble}:
 *
 * <ul>
 *   <li>The list of members is static: at each start the one given takes the place of the one that
 *       the folder knows, and every member has to be given the same. ZooKeeper's own
 *       reconfiguration is off in an ensemble, so that there is one truth, the hub's configuration.
 *       To move a member, start the others again with the new list, one after the other.
 *   <li>A member that holds nothing yet helps to make a quorum only if all members are there; it
 *       joins one that stands at any time. So the first start needs every member, and a majority is
 *       enough from then on; a machine that lost its disk comes back empty under its old id. Two
 *       empty members can never outvote the third that holds the data.
 *   <li>Hence a quorum of one grows by starting it as member 1 of three: it keeps what it has, and
 *       the other two load it. The way back, and a folder under another id, are refused.
 *   <li>A leader whose connections break is replaced at once, one that is silent after 2 s.
 *       Sessions outlive that: they are ZooKeeper's, not one member's.
 *   <li>Members listen on all addresses unless their host is a loopback one: its name may belong to
 *       an address translation. Whoever reaches these ports can read and write everything.
 * </ul>
 *
 * <p>{@link io.headwater.hub.zookeeper.ZooKeeperStore} keeps the catalog, every write under a
 * version check:
 *
 * <pre>
 * /headwater/cluster        {"id": cluster id}
 * /headwater/topics         its version is that of all topics and groups: each change writes it too
 * /headwater/topics/NAME
 *     {"id", "configs", "partitions": [[leader, leader epoch, [replicas], chosen by hand], ...]}
 * /headwater/groups/group-NAME  {"group", "configs"}, if any are set; the name URL-encoded
 * /headwater/brokers/ID     {"host", "port", "rack", "leaving", "folder"}, ephemeral
 * /headwater/known/ID       the same without "leaving", until it is forgotten
 * /headwater/controller     who stands for election as the one that gives partitions to brokers
 * /headwater/suspects/ID-REGISTRATION/BY   BY was refused by ID, or hears nothing; ephemeral
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
