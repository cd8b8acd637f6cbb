package io.headwater.hub.zookeeper;

import static io.headwater.hub.zookeeper.ZooKeeperCalls.call;

import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.process.UserError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which brokers are there, and which are known: a registration goes with its session, and what is
 * known of a broker stays until it is forgotten. Thread-safe.
 */
final class BrokerNodes {
  private static final Logger LOGGER = LoggerFactory.getLogger(BrokerNodes.class);

  /** So many brokers must say that one is gone. */
  private static final int WITNESSES = 2;

  private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

  private final CuratorFramework client;
  private final String there;
  private final String known;
  private final String suspects;
  private final String controller;
  private final String folder;
  private final Duration patience;

  private volatile @Nullable Broker registered;
  private volatile BooleanSupplier registersAgain = () -> true;

  /**
   * @param root under which the nodes are
   * @param controller whose nodes go with a registration that is taken away
   * @param folder by which the data folder of this broker is told from that of any other
   */
  BrokerNodes(
      CuratorFramework client,
      String root,
      String controller,
      String folder,
      Duration sessionTimeout) {
    this.client = client;
    this.there = root + "/brokers";
    this.known = root + "/known";
    this.suspects = root + "/suspects";
    this.controller = controller;
    this.folder = folder;
    this.patience = sessionTimeout.plus(LOOK_AGAIN.multipliedBy(10));
  }

  /** Of the nodes of those that are there; its children are to be watched. */
  String there() {
    return there;
  }

  /** Of the nodes of those that are known. */
  String known() {
    return known;
  }

  private static String path(String parent, int broker) {
    return parent + "/" + broker;
  }

  /**
   * Makes a broker known; it is there for as long as the session lasts.
   *
   * @throws UserError another one that is alive has its id
   */
  void register(Broker broker) {
    registered = broker;
    var _ =
        call(() -> {
          remember(broker);
          String path = path(there, broker.id());
          boolean there = isThereAndOurs(path, broker);
          var operations = new ArrayList<CuratorOp>();
          if (there) { // both at once: nobody shall see it gone
            operations.add(client.transactionOp().delete().forPath(path));
          }
          operations.add(
              client
                  .transactionOp()
                  .create()
                  .withMode(CreateMode.EPHEMERAL)
                  .forPath(path, TopicCodec.encode(broker, folder)));
          return client.transaction().forOperations(operations);
        });
  }

  /**
   * Whether there is a registration of this data folder, maybe of an earlier session. That of
   * another one is waited for to go, as its node may just have been replaced.
   *
   * @throws UserError it does not go
   */
  private boolean isThereAndOurs(String path, Broker broker) throws Exception {
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      byte[] data;
      try {
        data = client.getData().forPath(path);
      } catch (KeeperException.NoNodeException _) {
        return false;
      }
      String theirs = TopicCodec.folder(data);
      if (theirs.equals(folder) || theirs.isEmpty()) { // older hubs said none
        return true;
      }
      if (System.nanoTime() - end > 0) {
        Broker other = TopicCodec.broker(broker.id(), data);
        throw UserError.failure(
            "node-id %d is taken by a node that is alive and advertised as %s:%d; give this one"
                    .formatted(broker.id(), other.host(), other.port())
                + " another node-id, or stop that one");
      }
      LockSupport.parkNanos(LOOK_AGAIN.toNanos());
    }
  }

  /** Where it was reached last. */
  private void remember(Broker broker) throws Exception {
    var staying = new Broker(broker.id(), broker.host(), broker.port(), broker.rack());
    byte[] data = TopicCodec.encode(staying, folder);
    try {
      var _ = client.create().forPath(path(known, broker.id()), data);
    } catch (KeeperException.NodeExistsException _) {
      try {
        var _ = client.setData().forPath(path(known, broker.id()), data);
      } catch (KeeperException.NoNodeException _) {
        // Forgotten at this very moment; it is there all the same.
      }
    }
  }

  /** To be done together with the version of the catalog. */
  CuratorOp forgetting(int broker) throws Exception {
    return client.transactionOp().delete().forPath(path(known, broker));
  }

  /** As {@link ZooKeeperStore#suspect}; suspicions go with the sessions of those who have them. */
  void suspect(int by, int suspect) {
    var _ =
        call(() -> {
          Stat registration = client.checkExists().forPath(path(there, suspect));
          if (registration == null) {
            return false;
          }
          String suspected = suspects + "/" + suspect + "-" + registration.getCzxid();
          try {
            client
                .create()
                .creatingParentContainersIfNeeded()
                .withMode(CreateMode.EPHEMERAL)
                .forPath(suspected + "/" + by);
          } catch (KeeperException.NodeExistsException _) {
            // It has been said.
          }
          boolean believed = client.getChildren().forPath(suspected).size() >= WITNESSES;
          if (believed) {
            LOGGER.atWarn().addKeyValue("broker", suspect).log("A broker is taken for gone");
            dismiss(suspect, registration);
          }
          return believed;
        });
  }

  /** Takes away all that the session of a registration holds, if it is still the same. */
  private void dismiss(int broker, Stat registration) throws Exception {
    for (String name : client.getChildren().forPath(controller)) {
      deleteOf(registration.getEphemeralOwner(), controller + "/" + name);
    }
    deleteOf(registration.getEphemeralOwner(), path(there, broker));
  }

  private void deleteOf(long session, String path) throws Exception {
    Stat stat = client.checkExists().forPath(path);
    if (stat == null || stat.getEphemeralOwner() != session) {
      return;
    }
    try {
      client.delete().withVersion(stat.getVersion()).forPath(path);
    } catch (KeeperException.NoNodeException | KeeperException.BadVersionException _) {
      // Somebody else was faster.
    }
  }

  void registerAgainIf(BooleanSupplier wanted) {
    registersAgain = wanted;
  }

  /** A new session has lost the registration of the old one. */
  void keepRegistered() throws Exception {
    Broker broker = registered;
    if (broker == null) {
      return;
    }
    Stat stat = client.checkExists().forPath(path(there, broker.id()));
    long session = client.getZookeeperClient().getZooKeeper().getSessionId();
    boolean lost = stat == null || stat.getEphemeralOwner() != session;
    if (lost && registersAgain.getAsBoolean()) {
      LOGGER.atInfo().addKeyValue("broker", broker.id()).log("Registering again");
      register(broker);
    }
  }

  /**
   * @param version the transaction that last added one to those that are there, or removed one
   */
  record Read(long version, List<Broker> there, List<Broker> known) {}

  Read read() throws Exception {
    Stat stat = new Stat();
    var thereNow = new ArrayList<Broker>();
    add(thereNow, there, client.getChildren().storingStatIn(stat).forPath(there));
    var knownNow = new ArrayList<Broker>();
    add(knownNow, known, client.getChildren().forPath(known));
    return new Read(stat.getPzxid(), thereNow, knownNow);
  }

  private void add(List<Broker> brokers, String parent, List<String> ids) throws Exception {
    for (String id : ids) {
      try {
        byte[] data = client.getData().forPath(parent + "/" + id);
        brokers.add(TopicCodec.broker(Integer.parseInt(id), data));
      } catch (KeeperException.NoNodeException _) {
        // It went meanwhile; the watch, or the version, will tell.
      }
    }
  }
}
