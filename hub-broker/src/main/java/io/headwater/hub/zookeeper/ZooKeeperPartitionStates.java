package io.headwater.hub.zookeeper;

import static io.headwater.hub.zookeeper.ZooKeeperCalls.call;

import io.headwater.hub.kafka.ledger.PartitionState;
import io.headwater.hub.kafka.ledger.PartitionStates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.curator.RetryLoop;
import org.apache.curator.framework.CuratorFramework;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * The states of partitions in ZooKeeper; the package comment shows their nodes. Their versions are
 * those of the nodes: 0 for the first, and 0 again for one that is made after a deletion.
 *
 * <p>When the connection breaks, ZooKeeper's client does not know whether its change was done. It
 * is then tried again, and if it meets another version than the expected one, what is there is read
 * and compared: the next version with the same state is this change, with another state another's.
 * Whatever lies further ahead hides it, and is reported as a time-out.
 */
public final class ZooKeeperPartitionStates implements PartitionStates {
  private static final String ROOT = "/headwater/ledgers";

  private final CuratorFramework client;
  private final boolean ownsClient;

  private ZooKeeperPartitionStates(CuratorFramework client, boolean ownsClient) {
    this.client = client;
    this.ownsClient = ownsClient;
  }

  /**
   * Connects.
   *
   * @param connectString {@code host:port,...}
   * @throws TimeoutException nobody answers there
   */
  public static ZooKeeperPartitionStates connect(String connectString, Duration sessionTimeout) {
    CuratorFramework client = ZooKeeperCalls.connect(connectString, sessionTimeout);
    try {
      var _ = call(() -> client.checkExists().forPath("/").getCversion());
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
    return new ZooKeeperPartitionStates(client, true);
  }

  /** Uses a connection that others close. */
  static ZooKeeperPartitionStates over(CuratorFramework client) {
    return new ZooKeeperPartitionStates(client, false);
  }

  @Override
  public Optional<Versioned> read(Key key) {
    String path = path(key);
    return call(() -> {
      try {
        Stat stat = new Stat();
        byte[] data = client.getData().storingStatIn(stat).forPath(path);
        return Optional.of(
            new Versioned(PartitionStateCodec.decode(path, data), stat.getVersion()));
      } catch (KeeperException.NoNodeException _) {
        return Optional.empty();
      }
    });
  }

  @Override
  public Optional<Versioned> create(Key key, PartitionState state) {
    byte[] data = PartitionStateCodec.encode(state);
    return change((zooKeeper, repeated) -> {
      while (true) {
        try {
          var _ =
              zooKeeper.create(path(key), data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
          return Optional.of(new Versioned(state, 0));
        } catch (KeeperException.NodeExistsException e) {
          return repeated && isDone(zooKeeper, key, data, 0, e)
              ? Optional.of(new Versioned(state, 0))
              : Optional.empty();
        } catch (KeeperException.NoNodeException _) {
          // The topic's first partition, or the last of others has just gone.
          makeFolder(key.topicId());
        }
      }
    });
  }

  @Override
  public Optional<Versioned> write(Key key, PartitionState state, int version) {
    byte[] data = PartitionStateCodec.encode(state);
    return change((zooKeeper, repeated) -> {
      try {
        int written = zooKeeper.setData(path(key), data, version).getVersion();
        return Optional.of(new Versioned(state, written));
      } catch (KeeperException.BadVersionException e) {
        return repeated && isDone(zooKeeper, key, data, version + 1, e)
            ? Optional.of(new Versioned(state, version + 1))
            : Optional.empty();
      } catch (KeeperException.NoNodeException e) {
        if (repeated) {
          throw unknown(key, e);
        }
        return Optional.empty();
      }
    });
  }

  @Override
  public boolean delete(Key key, int version) {
    return change((zooKeeper, _) -> {
      try {
        zooKeeper.delete(path(key), version);
      } catch (KeeperException.BadVersionException _) {
        return false;
      } catch (KeeperException.NoNodeException _) {
        // Gone by this try or the one before, or by another's.
      }
      try {
        zooKeeper.delete(folder(key.topicId()), -1);
      } catch (KeeperException.NotEmptyException | KeeperException.NoNodeException _) {
        // Has other partitions, or has gone with one that was deleted meanwhile.
      }
      return true;
    });
  }

  @Override
  public List<Key> list() {
    return call(() -> {
      var keys = new ArrayList<Key>();
      for (String topic : children(ROOT)) {
        Uuid topicId = Uuid.fromString(topic);
        for (String partition : children(folder(topicId))) {
          keys.add(new Key(topicId, Integer.parseInt(partition)));
        }
      }
      return keys;
    });
  }

  @Override
  public void close() {
    if (ownsClient) {
      client.close();
    }
  }

  private interface Change<T> {
    /**
     * @param repeated whether it may have been done by an earlier try
     */
    T run(ZooKeeper zooKeeper, boolean repeated) throws Exception;
  }

  /** Tries until an answer comes, as often as the client's policy allows. */
  private <T> T change(Change<T> change) {
    return call(() -> {
      var tries =
          new Object() {
            int lost;
          };
      return RetryLoop.callWithRetry(
          client.getZookeeperClient(),
          () -> {
            ZooKeeper zooKeeper = client.getZookeeperClient().getZooKeeper();
            try {
              return change.run(zooKeeper, tries.lost > 0);
            } catch (KeeperException e) {
              tries.lost++;
              throw e;
            }
          });
    });
  }

  /** Whether what is there is this change; false if it surely was not done. */
  private static boolean isDone(
      ZooKeeper zooKeeper, Key key, byte[] data, int version, KeeperException cause)
      throws KeeperException, InterruptedException {
    Stat stat = new Stat();
    byte[] found;
    try {
      found = zooKeeper.getData(path(key), false, stat);
    } catch (KeeperException.NoNodeException _) {
      throw unknown(key, cause);
    }
    if (stat.getVersion() != version) {
      throw unknown(key, cause);
    }
    return Arrays.equals(found, data);
  }

  private static TimeoutException unknown(Key key, KeeperException cause) {
    return new TimeoutException(
        "A change of the state of partition %d of topic %s may have been done or not: the answer was"
                .formatted(key.partition(), key.topicId())
            + " lost, and others have changed it since.",
        cause);
  }

  private void makeFolder(Uuid topicId) throws Exception {
    try {
      var _ = client.create().creatingParentsIfNeeded().forPath(folder(topicId), new byte[0]);
    } catch (KeeperException.NodeExistsException _) {
      // Another was faster.
    }
  }

  private List<String> children(String path) throws Exception {
    try {
      return client.getChildren().forPath(path);
    } catch (KeeperException.NoNodeException _) {
      return List.of();
    }
  }

  private static String path(Key key) {
    return folder(key.topicId()) + "/" + key.partition();
  }

  private static String folder(Uuid topicId) {
    return ROOT + "/" + topicId;
  }
}
