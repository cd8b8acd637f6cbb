package io.headwater.hub.zookeeper;

import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.security.sasl.SaslException;
import org.apache.zookeeper.server.admin.AdminServer.AdminServerException;
import org.apache.zookeeper.server.quorum.QuorumCnxManager;
import org.apache.zookeeper.server.quorum.QuorumPeer;
import org.apache.zookeeper.server.quorum.QuorumPeer.ServerState;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;
import org.apache.zookeeper.server.quorum.QuorumPeerMain;
import org.apache.zookeeper.server.quorum.flexible.QuorumVerifier;
import org.apache.zookeeper.util.ServiceUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A ZooKeeper server in this process: a quorum of one member, or one of the members of an ensemble.
 * Every transaction is forced to disk before it is answered.
 *
 * <p>Below its folder: {@code zoo.cfg}, {@code zoo.cfg.dynamic} (the members), {@code data/}. Of a
 * quorum of one the ports between members are drawn anew at each start.
 *
 * <p>ZooKeeper has static state of its own (its exit procedure, system properties): one per
 * process, except in tests, where a failure is reported by the newest.
 */
public final class EmbeddedZooKeeper implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(EmbeddedZooKeeper.class);

  private static final Duration SAY_WHAT_IS_WAITED_FOR = Duration.ofSeconds(10);

  private final Main main;
  private final Thread thread;
  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private final Path folder;
  private final HostPort listen;
  private final FirstQuorum quorum;
  private volatile HostPort address;
  private volatile String connectString;
  private volatile boolean closing;

  private EmbeddedZooKeeper(
      Path folder, ZooKeeperFiles files, HostPort listen, String connectString) throws IOException {
    this.folder = folder;
    this.listen = listen;
    this.address = listen;
    this.connectString = connectString;
    QuorumPeerConfig config = files.read();
    quorum = new FirstQuorum(config.getServerId(), config.getQuorumVerifier(), files.wasInQuorum());
    main = new Main(quorum);
    // Otherwise ZooKeeper ends the JVM at once when its disk fails.
    ServiceUtils.setSystemExitProcedure(
        code -> fail(new IOException("ZooKeeper gave up with code " + code)));
    thread = Threads.start("hub-zookeeper", () -> run(config));
  }

  /**
   * Starts a quorum of one member and returns when it serves clients.
   *
   * @param folder for all that it keeps, made if needed; this process' own
   * @param listen for clients; port 0 for any free one
   * @throws UserError the port is taken, or the folder cannot be used
   */
  public static EmbeddedZooKeeper start(Path folder, HostPort listen) {
    Path own = folder.toAbsolutePath().normalize();
    try {
      var zookeeper =
          new EmbeddedZooKeeper(own, ZooKeeperFiles.single(own, listen), listen, listen.toString());
      zookeeper.address = listen.withPort(zookeeper.awaitLeading());
      zookeeper.connectString = zookeeper.address.host() + ":" + zookeeper.address.port();
      return zookeeper;
    } catch (IOException e) {
      throw cannotStart(own, e);
    }
  }

  /**
   * Starts one member and returns when it serves clients, however long the others let it wait: as
   * {@link #open}, then {@link #awaitServing}.
   */
  public static EmbeddedZooKeeper start(Path folder, Ensemble ensemble) {
    EmbeddedZooKeeper zookeeper = open(folder, ensemble);
    zookeeper.awaitServing();
    return zookeeper;
  }

  /**
   * Starts one member, which serves clients once enough of the others are there.
   *
   * @param folder for all that it keeps, made if needed; this process' own. That of a quorum of one
   *     is taken over by member 1, with what it holds.
   * @throws UserError a port is taken, or the folder is another member's or cannot be used
   */
  public static EmbeddedZooKeeper open(Path folder, Ensemble ensemble) {
    Path own = folder.toAbsolutePath().normalize();
    try {
      return new EmbeddedZooKeeper(
          own,
          ZooKeeperFiles.member(own, ensemble),
          ensemble.own().client(),
          ensemble.connectString());
    } catch (IOException e) {
      throw cannotStart(own, e);
    }
  }

  /**
   * Returns when this member serves clients, as leader or as follower. Closes it if that fails.
   *
   * @throws UserError it cannot serve, was closed by another thread, or this one was interrupted
   */
  public void awaitServing() {
    try {
      while (true) {
        try {
          var _ = serving(SAY_WHAT_IS_WAITED_FOR);
          return;
        } catch (TimeoutException _) {
          LOGGER
              .atInfo()
              .addKeyValue("reached", main.reached())
              .addKeyValue("needed", quorum.needed())
              .addKeyValue("members", quorum.getVotingMembers().keySet())
              .log("ZooKeeper waits for other members");
        }
      }
    } catch (IOException e) {
      throw cannotStart(folder, e);
    }
  }

  /** What {@link #awaitServing} waits for. */
  public Optional<String> missing() {
    return Optional.of(
        "ZooKeeper reaches %d of the members %s, of which %d are needed"
            .formatted(main.reached(), quorum.getVotingMembers().keySet(), quorum.needed()));
  }

  /** Whether this member leads the others now. */
  public boolean leads() {
    return main.leads();
  }

  /** Where clients connect to this member. */
  public HostPort address() {
    return address;
  }

  /** {@code host:port,...} of all members. */
  public String connectString() {
    return connectString;
  }

  /** Completes exceptionally when the server has ended by itself; the process then has to end. */
  public CompletableFuture<Void> failed() {
    return failed;
  }

  @Override
  public void close() {
    closing = true;
    main.close();
    var _ = main.serving.completeExceptionally(new IOException("it was closed"));
    try {
      thread.join(Duration.ofSeconds(10));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(QuorumPeerConfig config) {
    try {
      main.runFromConfig(config);
      fail(new IOException("ZooKeeper ended"));
    } catch (IOException | AdminServerException | RuntimeException e) {
      fail(e);
    }
  }

  private void fail(Exception cause) {
    if (closing) {
      return;
    }
    if (main.serving.completeExceptionally(cause)) {
      return; // the start reports it
    }
    if (failed.completeExceptionally(cause)) {
      LOGGER.atError().setCause(cause).log("ZooKeeper has failed");
    }
  }

  private int awaitLeading() throws IOException {
    try {
      return serving(Duration.ofSeconds(30));
    } catch (TimeoutException e) {
      close();
      throw new IOException("it did not become leader within 30 s", e);
    }
  }

  /** The port for clients, once they are served. */
  private int serving(Duration timeout) throws IOException, TimeoutException {
    try {
      return main.serving.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      close();
      if (e.getCause() instanceof BindException taken) {
        throw Ports.inUse("ZooKeeper", listen, taken);
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static UserError cannotStart(Path folder, IOException e) {
    return UserError.failure(
        "ZooKeeper cannot start in %s: %s; check that folder".formatted(folder, e.getMessage()), e);
  }

  /** ZooKeeper's main class, asked to tell when clients are served. */
  private static final class Main extends QuorumPeerMain {
    final CompletableFuture<Integer> serving = new CompletableFuture<>();
    private final FirstQuorum quorum;
    private volatile @Nullable QuorumPeer peer;
    private volatile boolean started;
    private volatile boolean closed;

    Main(FirstQuorum quorum) {
      this.quorum = quorum;
    }

    @Override
    protected QuorumPeer getQuorumPeer() throws SaslException {
      var made =
          new QuorumPeer() {
            @Override
            public QuorumVerifier setQuorumVerifier(QuorumVerifier members, boolean writeToDisk) {
              boolean first = getQuorumVerifier() == null;
              return super.setQuorumVerifier(first ? quorum : members, writeToDisk);
            }

            @Override
            public synchronized void start() {
              super.start();
              started = true;
              if (closed) {
                shutdown();
              }
            }

            @Override
            public synchronized void setZabState(@Nullable ZabState state) {
              super.setZabState(state);
              if (state == ZabState.BROADCAST) {
                quorum.synced();
                serving.complete(getClientPort());
              }
            }
          };
      peer = made;
      return made;
    }

    boolean leads() {
      QuorumPeer running = peer;
      return running != null && running.getPeerState() == ServerState.LEADING;
    }

    /** This member and those that it has a connection with for elections. */
    long reached() {
      QuorumPeer running = peer;
      QuorumCnxManager connections = running == null ? null : running.getQuorumCnxManager();
      // Each has a thread that sends and one that receives.
      return 1 + (connections == null ? 0 : connections.getThreadCount() / 2);
    }

    /**
     * A peer can be shut down once it has been started; one that is just being made does it then.
     */
    @Override
    public void close() {
      closed = true;
      if (started) {
        super.close();
      }
    }
  }
}
