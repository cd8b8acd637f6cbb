package io.headwater.hub.zookeeper;

import static io.headwater.hub.zookeeper.ZooKeeperCalls.call;
import static io.headwater.hub.zookeeper.ZooKeeperCalls.callNullable;

import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.CatalogStore;
import io.headwater.hub.kafka.metadata.Topic;
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
import java.util.function.BooleanSupplier;
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
  private static final byte[] NOTHING = new byte[0];

  private final CuratorFramework client;
  private final List<PersistentWatcher> watchers = new ArrayList<>();
  private final List<LeaderLatch> latches = new CopyOnWriteArrayList<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final String clusterId;
  private final BrokerNodes brokers;
  private final ZooKeeperContact contact;

  /** Of the last load. Confined to the thread that loads. */
  private long loadedSession;

  private ZooKeeperStore(CuratorFramework client, String folder, Duration sessionTimeout) {
    this.client = client;
    this.brokers = new BrokerNodes(client, ROOT, CONTROLLER, folder, sessionTimeout);
    this.contact = new ZooKeeperContact(client, ROOT, sessionTimeout);
    this.clusterId =
        call(() -> {
          createIfMissing(TOPICS, NOTHING);
          createIfMissing(GROUPS, NOTHING);
          createIfMissing(brokers.there(), NOTHING);
          createIfMissing(brokers.known(), NOTHING);
          createIfMissing(CONTROLLER, NOTHING);
          createIfMissing(PRODUCER_IDS, TopicCodec.encodeNext(0));
          createIfMissing(CLUSTER, TopicCodec.encodeCluster(Uuid.randomUuid().toString()));
          return TopicCodec.clusterId(client.getData().forPath(CLUSTER));
        });
    client.getConnectionStateListenable().addListener((_, state) -> onState(state));
    watch(TOPICS);
    watch(brokers.there());
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
      brokers.keepRegistered();
      loadedSession = session().getSessionId();
      while (true) {
        Stat before = new Stat();
        client.getData().storingStatIn(before).forPath(TOPICS);
        List<Topic> topics = readTopics(client);
        Map<String, Map<String, String>> groups = readGroups();
        BrokerNodes.Read read = brokers.read();
        Stat after = client.checkExists().forPath(TOPICS);
        if (topics != null && groups != null && after.getVersion() == before.getVersion()) {
          return new Contents(
              Math.max(after.getMzxid(), read.version()),
              after.getVersion(),
              topics,
              read.there(),
              read.known(),
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
        BrokerNodes.Read read = brokers.read();
        return new Written(
            Math.max(stat.getMzxid(), read.version()),
            stat.getVersion(),
            read.there(),
            read.known());
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
    brokers.register(broker);
  }

  @Override
  public @Nullable Written forget(long topicsVersion, int broker) {
    return write(topicsVersion, () -> brokers.forgetting(broker));
  }

  @Override
  public void suspect(int by, int suspect) {
    brokers.suspect(by, suspect);
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

  @Override
  public void registerAgainIf(BooleanSupplier wanted) {
    brokers.registerAgainIf(wanted);
  }

  @Override
  public void applied() {
    contact.inForce(loadedSession);
  }

  /** Holds while ZooKeeper answers, and this broker knows what its session has missed. */
  public ZooKeeperContact contact() {
    contact.begin();
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
