package io.headwater.hub.zookeeper;

import io.headwater.process.HostPort;
import io.headwater.process.Ports;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig.ConfigException;

/** The files that a ZooKeeper server reads at its start: written here, as it would find them. */
final class ZooKeeperFiles {
  /** Of a quorum of one, which others may join while it runs. */
  private static final String SINGLE =
      """
      tickTime=1000
      initLimit=10
      syncLimit=5
      reconfigEnabled=true
      """;

  /**
   * Of an ensemble. A silent leader or follower is given up after 2 s (syncLimit ticks), and so is
   * one that was elected because it is heard, but hears nothing itself; a new member may load for
   * 10 s; sessions are as long as with one member.
   */
  private static final String MEMBER =
      """
      tickTime=500
      initLimit=20
      connectToLearnerMasterLimit=4
      syncLimit=4
      maxSessionTimeout=20000
      reconfigEnabled=false
      cnxTimeout=1000
      fastleader.maxNotificationInterval=1000
      """;

  private final Path config;
  private final Path data;

  private ZooKeeperFiles(Path folder, int self, String specific, String members)
      throws IOException {
    config = folder.resolve("zoo.cfg");
    data = dataOf(folder);
    Path dynamic = membersOf(folder);
    Files.createDirectories(data);
    Files.writeString(data.resolve("myid"), self + "\n");
    Files.writeString(dynamic, members);
    Files.writeString(
        config,
        specific
            + """
            dataDir=%s
            dynamicConfigFile=%s
            standaloneEnabled=false
            # Metrics and health come from the hub. Of the words only the one that tells who leads.
            admin.enableServer=false
            4lw.commands.whitelist=srvr
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
                .formatted(escaped(data), escaped(dynamic)));
  }

  /** Of a quorum of one, whose ports between members are drawn anew. */
  static ZooKeeperFiles single(Path folder, HostPort listen) throws IOException {
    checkOwner(folder, 1);
    Path known = membersOf(folder);
    if (Files.exists(known)) {
      long members =
          Files.readAllLines(known).stream().filter(line -> line.startsWith("server.")).count();
      if (members > 1) {
        throw UserError.failure(
            "%s is that of one of %d ZooKeeper members: start it with the same members"
                .formatted(folder, members));
      }
    }
    List<Integer> free = freePorts(listen.host());
    return new ZooKeeperFiles(
        folder,
        1,
        SINGLE,
        "server.1=%1$s:%2$d:%3$d:participant;%1$s:%4$d\n"
            .formatted(
                listen.host(),
                free.get(0),
                free.get(1),
                listen.port() == 0 ? free.get(2) : listen.port()));
  }

  /** Of a member, whose list of members is always the given one. */
  static ZooKeeperFiles member(Path folder, Ensemble ensemble) throws IOException {
    checkOwner(folder, ensemble.self());
    Ensemble.Member own = ensemble.own();
    // Its name may be that of an address translation: then only the ports are this machine's.
    boolean anyAddress = !own.client().isLoopback();
    String bound = anyAddress ? "0.0.0.0" : own.host();
    // ZooKeeper would try for seconds, or end later, when it is to lead.
    checkFree("ZooKeeper", new HostPort(bound, own.clientPort()));
    checkFree("ZooKeeper quorum", new HostPort(bound, own.quorumPort()));
    checkFree("ZooKeeper election", new HostPort(bound, own.electionPort()));
    return new ZooKeeperFiles(
        folder,
        ensemble.self(),
        MEMBER + "quorumListenOnAllIPs=" + anyAddress + "\n",
        ensemble.members().entrySet().stream()
            .map(member -> line(member.getKey(), member.getValue()))
            .collect(Collectors.joining()));
  }

  private static String line(int id, Ensemble.Member member) {
    HostPort client = member.client();
    return "server.%d=%s:%d:participant;%s\n"
        .formatted(
            id,
            new HostPort(member.host(), member.quorumPort()),
            member.electionPort(),
            client.isLoopback() ? client : client.port()); // a port alone: at any address
  }

  /** As ZooKeeper reads them. */
  QuorumPeerConfig read() throws IOException {
    var parsed = new QuorumPeerConfig();
    try {
      parsed.parse(config.toString());
    } catch (ConfigException e) {
      throw new IOException(e.getMessage(), e);
    }
    return parsed;
  }

  /** Whether this server has ever been in step with a leader, or one itself. */
  boolean wasInQuorum() throws IOException {
    Path epoch = data.resolve("version-2").resolve("currentEpoch");
    return Files.exists(epoch) && !Files.readString(epoch).strip().equals("0");
  }

  private static void checkOwner(Path folder, int self) throws IOException {
    Path file = dataOf(folder).resolve("myid");
    String owner = Files.exists(file) ? Files.readString(file).strip() : "";
    if (!owner.isEmpty() && !owner.equals(Integer.toString(self))) {
      throw UserError.failure(
          "%s is that of ZooKeeper member %s, not of member %d: start it as member %s, or give member %d an empty folder"
              .formatted(folder, owner, self, owner, self));
    }
  }

  private static Path dataOf(Path folder) {
    return folder.resolve("data");
  }

  private static Path membersOf(Path folder) {
    return folder.resolve("zoo.cfg.dynamic");
  }

  /** In a properties file a backslash would begin an escape. */
  private static String escaped(Path path) {
    return path.toString().replace("\\", "\\\\");
  }

  private static void checkFree(String what, HostPort address) {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(address.socketAddress());
    } catch (IOException e) {
      throw Ports.inUse(what, address, e);
    }
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
}
