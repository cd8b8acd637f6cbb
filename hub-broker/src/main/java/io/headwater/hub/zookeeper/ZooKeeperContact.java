package io.headwater.hub.zookeeper;

import io.headwater.process.Threads;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long ago ZooKeeper was heard of. The session of a broker that is silent ends, and others take
 * over what it led; it is to stop before that, also if it stood still and does not know: the time
 * counts from when a question was asked that was answered, by a clock that goes on meanwhile.
 *
 * <p>The question is one that takes a majority of the members to answer, as a write does: a member
 * that was cut off from the others goes on answering reads until it notices, when they may have
 * ended the session long ago.
 */
public final class ZooKeeperContact implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(ZooKeeperContact.class);

  /** No session has this number, nor has what was answered before there was one. */
  private static final long NONE = -1;

  private final CuratorFramework client;
  private final String path;
  private final long lastsNanos;
  private final long intervalMillis;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("hub-zookeeper-contact"));

  /** A question that was answered in a session, asked at a time of {@link System#nanoTime}. */
  private record Answered(long session, long askedAt) {}

  private volatile Answered last = new Answered(0, System.nanoTime());
  private volatile long inForce = NONE;

  /**
   * @param path of any node that is never deleted
   */
  ZooKeeperContact(CuratorFramework client, String path, Duration sessionTimeout) {
    this.client = client;
    this.path = path;
    this.lastsNanos = sessionTimeout.multipliedBy(2).dividedBy(3).toNanos();
    this.intervalMillis = sessionTimeout.dividedBy(8).toMillis();
  }

  /** Begins to ask; who needs no lease does without, and ZooKeeper without the writes. */
  void begin() {
    if (!begun.getAndSet(true)) {
      var _ = thread.scheduleWithFixedDelay(this::ask, 0, intervalMillis, TimeUnit.MILLISECONDS);
    }
  }

  private void ask() {
    long askedAt = System.nanoTime();
    try {
      var _ =
          client
              .transaction()
              .inBackground((_, event) -> {
                if (event.getResultCode() == KeeperException.Code.OK.intValue()) {
                  answered(askedAt);
                }
              })
              .forOperations(client.transactionOp().check().forPath(path));
    } catch (Exception e) {
      LOGGER.atDebug().setCause(e).log("ZooKeeper was not asked");
    }
  }

  private void answered(long askedAt) {
    try {
      last = new Answered(session(), askedAt);
    } catch (Exception e) {
      LOGGER.atDebug().setCause(e).log("ZooKeeper answered after the end");
    }
  }

  private long session() throws Exception {
    return client.getZookeeperClient().getZooKeeper().getSessionId();
  }

  /** What this broker knows has been read in this session. */
  void inForce(long session) {
    inForce = session;
    if (!begun.get()) {
      return;
    }
    try {
      thread.execute(this::ask);
    } catch (RejectedExecutionException _) {
      LOGGER.atDebug().log("A session came after the end");
    }
  }

  /** Whether ZooKeeper was heard of within two thirds of the session, in the one in force. */
  public boolean isFresh() {
    Answered now = last;
    return now.session() == inForce && System.nanoTime() - now.askedAt() < lastsNanos;
  }

  /** How long ago that was, in any session. */
  public Duration age() {
    return Duration.ofNanos(System.nanoTime() - last.askedAt());
  }

  @Override
  public void close() {
    thread.shutdownNow();
    thread.close();
  }
}
