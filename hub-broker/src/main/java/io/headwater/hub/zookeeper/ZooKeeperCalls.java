package io.headwater.hub.zookeeper;

import java.time.Duration;
import org.apache.curator.RetryPolicy;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.zookeeper.KeeperException;
import org.jspecify.annotations.Nullable;

/** Connects to ZooKeeper, and tells its failures by Kafka's exception. */
final class ZooKeeperCalls {
  private ZooKeeperCalls() {}

  interface Call<T extends @Nullable Object> {
    T run() throws Exception;
  }

  /** A started client, which waits for ZooKeeper and tries again for some seconds. */
  static CuratorFramework connect(String connectString, Duration sessionTimeout) {
    return connect(connectString, sessionTimeout, new ExponentialBackoffRetry(50, 6, 1_000));
  }

  static CuratorFramework connect(
      String connectString, Duration sessionTimeout, RetryPolicy retryPolicy) {
    int sessionMs = Math.toIntExact(sessionTimeout.toMillis());
    CuratorFramework client =
        CuratorFrameworkFactory.builder()
            .connectString(connectString)
            .sessionTimeoutMs(sessionMs)
            .connectionTimeoutMs(sessionMs)
            .retryPolicy(retryPolicy)
            // It would take the members' client addresses, which may say port 0, for the truth.
            .ensembleTracker(false)
            .build();
    client.start();
    return client;
  }

  static <T> T call(Call<T> call) {
    return callNullable(call);
  }

  static <T extends @Nullable Object> T callNullable(Call<T> call) {
    try {
      return call.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TimeoutException("Interrupted while waiting for ZooKeeper.", e);
    } catch (KeeperException e) {
      throw new TimeoutException("ZooKeeper did not answer as it should: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new TimeoutException("ZooKeeper failed: " + e.getMessage(), e);
    }
  }
}
