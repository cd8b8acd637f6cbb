package io.headwater.hub.zookeeper;

import static io.headwater.hub.zookeeper.ZooKeeperCalls.call;
import static io.headwater.hub.zookeeper.ZooKeeperCalls.callNullable;

import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.CatalogStore;
import io.headwater.hub.kafka.metadata.Topic;
import io.headwater.process.UserError;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;
import org.apache.curator.framework.recipes.watch.PersistentWatcher;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.utils.CloseableUtils;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The catalog in ZooKeeper; the package comment shows its nodes. Versions are transaction ids,
 * which rise over all clients and restarts.
 */
public final class ZooKeeperStore implements CatalogStore {
  private static final Logger LOGGER = LoggerFactory.getLogger(ZooKeeperStore.class);
  private static final String ROOT = "/headwater";
  static final String CLUSTER = ROOT + "/cluster";
  static final String TOPICS = ROOT + "/topics";
  private static final String GROUPS = ROOT + "/groups";
  static final String BROKERS = ROOT + "/brokers";
  private static final String PRODUCER_IDS = ROOT + "/producer-ids";
  private static final String CONTROLLER = ROOT + "/controller";
  private static final String SUSPECTS = ROOT + "/suspects";
  private static final byte[] NOTHING = new byte[0];

  /** So many brokers must say that one is gone. */
  private static final int WITNESSES = 2;

  private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

  private final CuratorFramework client;
  private final List<PersistentWatcher> watchers = new ArrayList<>();
  private final List<LeaderLatch> latches = new CopyOnWriteArrayList<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final String clusterId;
  private final String folder;
  private final Duration patience;
  private final ZooKeeperContact contact;

  /** Of the last load. Confined to the thread that loads. */
  private long loadedSession;

  private volatile @Nullable Broker registered;

  private ZooKeeperStore(CuratorFramework client, String folder, Duration sessionTimeout) {
    this.client = client;
    this.folder = folder;
    this.patience = sessionTimeout.plus(LOOK_AGAIN.multipliedBy(10));
    this.contact = new ZooKeeperContact(client, ROOT, sessionTimeout);
    this.clusterId =
        call(() -> {
          createIfMissing(TOPICS, NOTHING);
          createIfMissing(GROUPS, NOTHING);
          createIfMissing(BROKERS, NOTHING);
          createIfMissing(CONTROLLER, NOTHING);
          createIfMissing(PRODUCER_IDS, TopicCodec.encodeNext(0));
          createIfMissing(CLUSTER, TopicCodec.encodeCluster(Uuid.randomUuid().toString()));
          return TopicCodec.clusterId(client.getData().forPath(CLUSTER));
        });
    client.getConnectionStateListenable().addListener((_, state) -> onState(state));
    watch(TOPICS);
    watch(BROKERS);
    watch(CONTROLLER);
  }

  /**
   * Connects, and makes the nodes if they are missing.
   *
   * @param connectString {@code host:port,...}
   * @param sessionTimeout after which the cluster takes a silent broker for dead
   * @param folder by which the data folder of this broker is told from that of any other
   * @throws TimeoutException nobody answers there
   */
  public static ZooKeeperStore connect(
      String connectString, Duration sessionTimeout, String folder) {
    CuratorFramework client = ZooKeeperCalls.connect(connectString, sessionTimeout);
    try {
      return new ZooKeeperStore(client, folder, sessionTimeout);
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  /** The states of partitions, over the same session; to be closed before this. */
  public ZooKeeperPartitionStates partitionStates() {
    return ZooKeeperPartitionStates.over(client);
  }

  @Override
  public String clusterId() {
    return clusterId;
  }

  @Override
  public Contents load() {
    return call(() -> {
      keepRegistered();
      loadedSession = session().getSessionId();
      while (true) {
        Stat before = new Stat();
        client.getData().storingStatIn(before).forPath(TOPICS);
        List<Topic> topics = readTopics(client);
        Map<String, Map<String, String>> groups = readGroups();
        var brokers = new ArrayList<Broker>();
        long brokersVersion = readBrokers(brokers);
        Stat after = client.checkExists().forPath(TOPICS);
        if (topics != null && groups != null && after.getVersion() == before.getVersion()) {
          return new Contents(
              Math.max(after.getMzxid(), brokersVersion),
              after.getVersion(),
              topics,
              brokers,
              groups);
        }
      }
    });
  }

  @Override
  public @Nullable Written write(
      long topicsVersion, @Nullable Topic before, @Nullable Topic after) {
    return write(topicsVersion, () -> operation(before, after));
  }

  @Override
  public @Nullable Written replace(long topicsVersion, List<Topic> changed) {
    return writeAll(
        topicsVersion,
        () -> {
          var operations = new ArrayList<CuratorOp>();
          for (Topic topic : changed) {
            operations.add(operation(topic, topic));
          }
          return operations;
        });
  }

  @Override
  public @Nullable Written writeGroup(
      long topicsVersion, String group, Map<String, String> before, Map<String, String> after) {
    return write(
        topicsVersion,
        () -> {
          String path = GROUPS + "/" + TopicCodec.groupNode(group);
          if (after.isEmpty()) {
            return client.transactionOp().delete().forPath(path);
          }
          byte[] data = TopicCodec.encodeGroup(group, after);
          return before.isEmpty()
              ? client.transactionOp().create().forPath(path, data)
              : client.transactionOp().setData().forPath(path, data);
        });
  }

  private @Nullable Written write(long topicsVersion, ZooKeeperCalls.Call<CuratorOp> operation) {
    return writeAll(topicsVersion, () -> List.of(operation.run()));
  }

  /** Writes nodes, and the version of all. */
  private @Nullable Written writeAll(
      long topicsVersion, ZooKeeperCalls.Call<List<CuratorOp>> operations) {
    return callNullable(() -> {
      CuratorOp version =
          client
              .transactionOp()
              .setData()
              .withVersion(Math.toIntExact(topicsVersion))
              .forPath(TOPICS, NOTHING);
      try {
        var all = new ArrayList<CuratorOp>();
        all.add(version);
        all.addAll(operations.run());
        List<CuratorTransactionResult> results = client.transaction().forOperations(all);
        Stat stat = results.getFirst().getResultStat();
        var brokers = new ArrayList<Broker>();
        long brokersVersion = readBrokers(brokers);
        return new Written(Math.max(stat.getMzxid(), brokersVersion), stat.getVersion(), brokers);
      } catch (KeeperException.BadVersionException
          | KeeperException.NodeExistsException
          | KeeperException.NoNodeException _) {
        return null;
      }
    });
  }

  @Override
  public OptionalLong reserveProducerIds(int count) {
    return call(() -> {
      Stat stat = new Stat();
      long first = TopicCodec.next(client.getData().storingStatIn(stat).forPath(PRODUCER_IDS));
      try {
        client
            .setData()
            .withVersion(stat.getVersion())
            .forPath(PRODUCER_IDS, TopicCodec.encodeNext(first + count));
        return OptionalLong.of(first);
      } catch (KeeperException.BadVersionException _) {
        return OptionalLong.empty(); // also after a lost answer: then a block stays unused
      }
    });
  }

  @Override
  public void register(Broker broker) {
    registered = broker;
    var _ =
        call(() -> {
          String path = BROKERS + "/" + broker.id();
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

  /** The one whose candidacy is the oldest, as Curator's election has it. */
  @Override
  public OptionalInt controller() {
    return call(() -> controller(client));
  }

  static OptionalInt controller(CuratorFramework client) throws Exception {
    Optional<String> oldest =
        client.getChildren().forPath(CONTROLLER).stream()
            .min(Comparator.comparing(name -> name.substring(name.lastIndexOf('-') + 1)));
    if (oldest.isEmpty()) {
      return OptionalInt.empty();
    }
    try {
      byte[] id = client.getData().forPath(CONTROLLER + "/" + oldest.get());
      return OptionalInt.of(Integer.parseInt(new String(id, StandardCharsets.UTF_8)));
    } catch (KeeperException.NoNodeException _) {
      return OptionalInt.empty(); // the watch will tell
    }
  }

  /** Suspicions go with the sessions of those who have them. */
  @Override
  public void suspect(int by, int suspect) {
    var _ =
        call(() -> {
          String path = BROKERS + "/" + suspect;
          Stat registration = client.checkExists().forPath(path);
          if (registration == null) {
            return false;
          }
          String suspected = SUSPECTS + "/" + suspect + "-" + registration.getCzxid();
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
    for (String name : client.getChildren().forPath(CONTROLLER)) {
      deleteOf(registration.getEphemeralOwner(), CONTROLLER + "/" + name);
    }
    deleteOf(registration.getEphemeralOwner(), BROKERS + "/" + broker);
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

  @Override
  public void standForController(int broker, Consumer<Boolean> listener) {
    var latch = new LeaderLatch(client, CONTROLLER, Integer.toString(broker));
    latch.addListener(
        new LeaderLatchListener() {
          @Override
          public void isLeader() {
            listener.accept(true);
          }

          @Override
          public void notLeader() {
            listener.accept(false);
          }
        });
    var _ =
        call(() -> {
          latch.start();
          return latch;
        });
    latches.add(latch);
  }

  /** A new session has lost the registration of the old one. */
  private void keepRegistered() throws Exception {
    Broker broker = registered;
    if (broker == null) {
      return;
    }
    Stat stat = client.checkExists().forPath(BROKERS + "/" + broker.id());
    long session = session().getSessionId();
    if (stat == null || stat.getEphemeralOwner() != session) {
      LOGGER.atInfo().addKeyValue("broker", broker.id()).log("Registering again");
      register(broker);
    }
  }

  @Override
  public void applied() {
    contact.inForce(loadedSession);
  }

  /** Holds while ZooKeeper answers, and this broker knows what its session has missed. */
  public ZooKeeperContact contact() {
    return contact;
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  @Override
  public void close() {
    contact.close();
    latches.forEach(CloseableUtils::closeQuietly); // so that another is elected at once
    latches.clear();
    watchers.forEach(PersistentWatcher::close);
    client.close(); // ends the session, and with it the registration
  }

  /** The connection that is in use now; for tests that end its session. */
  ZooKeeper session() throws Exception {
    return client.getZookeeperClient().getZooKeeper();
  }

  private CuratorOp operation(@Nullable Topic before, @Nullable Topic after) throws Exception {
    if (after == null) {
      if (before == null) {
        throw new IllegalArgumentException("a write of nothing");
      }
      return client.transactionOp().delete().forPath(path(before));
    }
    byte[] data = TopicCodec.encode(after);
    return before == null
        ? client.transactionOp().create().forPath(path(after), data)
        : client.transactionOp().setData().forPath(path(after), data);
  }

  private static String path(Topic topic) {
    return TOPICS + "/" + topic.name();
  }

  /** Null if a topic went away meanwhile. */
  static @Nullable List<Topic> readTopics(CuratorFramework client) throws Exception {
    var topics = new ArrayList<Topic>();
    for (String name : client.getChildren().forPath(TOPICS)) {
      try {
        topics.add(TopicCodec.topic(name, client.getData().forPath(TOPICS + "/" + name)));
      } catch (KeeperException.NoNodeException _) {
        return null;
      }
    }
    return topics;
  }

  /** Null if one went away meanwhile. */
  private @Nullable Map<String, Map<String, String>> readGroups() throws Exception {
    var groups = new HashMap<String, Map<String, String>>();
    for (String node : client.getChildren().forPath(GROUPS)) {
      try {
        TopicCodec.readGroup(node, client.getData().forPath(GROUPS + "/" + node), groups);
      } catch (KeeperException.NoNodeException _) {
        return null;
      }
    }
    return groups;
  }

  /** Adds those that are there, and returns the transaction that last added or removed one. */
  private long readBrokers(List<Broker> brokers) throws Exception {
    Stat stat = new Stat();
    for (String id : client.getChildren().storingStatIn(stat).forPath(BROKERS)) {
      try {
        byte[] data = client.getData().forPath(BROKERS + "/" + id);
        brokers.add(TopicCodec.broker(Integer.parseInt(id), data));
      } catch (KeeperException.NoNodeException _) {
        // Its session ended; the watch will tell.
      }
    }
    return stat.getPzxid();
  }

  private void createIfMissing(String path, byte[] data) throws Exception {
    if (client.checkExists().forPath(path) != null) {
      return;
    }
    try {
      var _ = client.create().creatingParentsIfNeeded().forPath(path, data);
    } catch (KeeperException.NodeExistsException _) {
      // Another broker was faster.
    }
  }

  private void watch(String path) {
    var watcher = new PersistentWatcher(client, path, false);
    watcher.getListenable().addListener(_ -> listeners.forEach(Runnable::run));
    watcher.start();
    watchers.add(watcher);
  }

  /** What happened meanwhile was not watched. */
  private void onState(ConnectionState state) {
    LOGGER.atDebug().addKeyValue("state", state).log("ZooKeeper connection");
    if (state == ConnectionState.RECONNECTED) {
      listeners.forEach(Runnable::run);
    }
  }
}
