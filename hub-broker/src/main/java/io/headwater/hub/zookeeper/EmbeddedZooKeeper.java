package io.headwater.hub.zookeeper;

import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.security.sasl.SaslException;
import org.apache.zookeeper.server.admin.AdminServer.AdminServerException;
import org.apache.zookeeper.server.quorum.QuorumPeer;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig.ConfigException;
import org.apache.zookeeper.server.quorum.QuorumPeerMain;
import org.apache.zookeeper.util.ServiceUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A ZooKeeper server in this process: a quorum of one member that others may join (dynamic
 * reconfiguration is on). Every transaction is forced to disk before it is answered.
 *
 * <p>Below its folder: {@code zoo.cfg}, {@code zoo.cfg.dynamic} (the members), {@code data/}. The
 * ports of the quorum are drawn anew at each start as long as there is one member only.
 *
 * <p>ZooKeeper has static state of its own (its exit procedure, system properties): one per
 * process, except in tests, where a failure is reported by the newest.
 */
public final class EmbeddedZooKeeper implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(EmbeddedZooKeeper.class);

  /** Half the shortest session and the step in which the leader looks after itself. */
  private static final int TICK_MS = 1_000;

  private final Main main;
  private final Thread thread;
  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private final HostPort address;
  private volatile boolean closing;

  private EmbeddedZooKeeper(Path folder, HostPort listen) throws IOException {
    QuorumPeerConfig config = configure(folder, listen);
    main = new Main();
    // Otherwise ZooKeeper ends the JVM at once when its disk fails.
    ServiceUtils.setSystemExitProcedure(
        code -> fail(new IOException("ZooKeeper gave up with code " + code)));
    thread = Threads.start("hub-zookeeper", () -> run(config));
    address = new HostPort(listen.host(), awaitLeading(listen));
  }

  /**
   * Starts the server and returns when it serves clients.
   *
   * @param folder for all that it keeps, made if needed; this process' own
   * @param listen for clients; port 0 for any free one
   * @throws UserError the port is taken, or the folder cannot be used
   */
  public static EmbeddedZooKeeper start(Path folder, HostPort listen) {
    try {
      return new EmbeddedZooKeeper(folder.toAbsolutePath().normalize(), listen);
    } catch (IOException e) {
      throw UserError.failure(
          "ZooKeeper cannot start in %s: %s; check that folder".formatted(folder, e.getMessage()),
          e);
    }
  }

  /** Where clients connect. */
  public HostPort address() {
    return address;
  }

  /** The same as a connection string. */
  public String connectString() {
    return address.host() + ":" + address.port();
  }

  /** Completes exceptionally when the server has ended by itself; the process then has to end. */
  public CompletableFuture<Void> failed() {
    return failed;
  }

  @Override
  public void close() {
    closing = true;
    main.close();
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
    if (main.leading.completeExceptionally(cause)) {
      return; // the start reports it
    }
    if (failed.completeExceptionally(cause)) {
      LOGGER.atError().setCause(cause).log("ZooKeeper has failed");
    }
  }

  private int awaitLeading(HostPort listen) throws IOException {
    try {
      return main.leading.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      close();
      if (e.getCause() instanceof BindException taken) {
        throw Ports.inUse("ZooKeeper port", listen, taken);
      }
      throw new IOException(e.getCause());
    } catch (TimeoutException e) {
      close();
      throw new IOException("it did not become leader within 30 s", e);
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Writes the configuration files and has ZooKeeper read them, as it would on its own. */
  private static QuorumPeerConfig configure(Path folder, HostPort listen) throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    Path members = folder.resolve("zoo.cfg.dynamic");
    Path config = folder.resolve("zoo.cfg");
    Files.writeString(data.resolve("myid"), "1\n");
    if (Files.notExists(members) || isSingle(Files.readAllLines(members))) {
      List<Integer> free = freePorts(listen.host());
      Files.writeString(
          members,
          "server.1=%1$s:%2$d:%3$d:participant;%1$s:%4$d\n"
              .formatted(
                  listen.host(),
                  free.get(0),
                  free.get(1),
                  listen.port() == 0 ? free.get(2) : listen.port()));
    }
    Files.writeString(
        config,
        """
        tickTime=%d
        initLimit=10
        syncLimit=5
        dataDir=%s
        dynamicConfigFile=%s
        standaloneEnabled=false
        reconfigEnabled=true
        # Nobody needs them: metrics and health come from the hub.
        admin.enableServer=false
        4lw.commands.whitelist=
        jmx.log4j.disable=true
        maxCnxns=1000
        # The hub's catalog is small.
        preAllocSize=1024
        snapCount=10000
        autopurge.snapRetainCount=3
        autopurge.purgeInterval=1
        nio.numSelectorThreads=1
        nio.numWorkerThreads=2
        commitProcessor.numWorkerThreads=1
        """
            .formatted(TICK_MS, escaped(data), escaped(members)));
    var parsed = new QuorumPeerConfig();
    try {
      parsed.parse(config.toString());
    } catch (ConfigException e) {
      throw new IOException(e.getMessage(), e);
    }
    return parsed;
  }

  /** In a properties file a backslash would begin an escape. */
  private static String escaped(Path path) {
    return path.toString().replace("\\", "\\\\");
  }

  /** Ports that are free now: ZooKeeper wants three different ones and takes no 0 for "any". */
  private static List<Integer> freePorts(String host) throws IOException {
    var sockets = new ArrayList<ServerSocket>();
    try {
      for (int i = 0; i < 3; i++) {
        var socket = new ServerSocket();
        sockets.add(socket);
        socket.bind(new HostPort(host, 0).socketAddress());
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  private static boolean isSingle(List<String> members) {
    return members.stream().filter(line -> line.startsWith("server.")).count() <= 1;
  }

  /** ZooKeeper's main class, asked to tell when clients are served. */
  private static final class Main extends QuorumPeerMain {
    final CompletableFuture<Integer> leading = new CompletableFuture<>();

    @Override
    protected QuorumPeer getQuorumPeer() throws SaslException {
      return new QuorumPeer() {
        @Override
        public synchronized void setZabState(@Nullable ZabState state) {
          super.setZabState(state);
          if (state == ZabState.BROADCAST) {
            leading.complete(getClientPort());
          }
        }
      };
    }
  }
}
