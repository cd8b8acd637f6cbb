package io.headwater.hub.cluster;

import io.headwater.testsupport.OutsideSoftware;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A network of machines on this one: each node in a namespace of its own, all at one switch,
 * clients beside them. What is cut loses packets without a word, as cables do. Only root may make
 * one: elsewhere its test counts as skipped.
 *
 * <p>Each kind of traffic has a subnet, so that it can be cut by itself: {@code
 * 198.18.SUBNET.NODE}, of what is kept free for measurements in networks.
 */
final class Network implements AutoCloseable {
  /** The processes of this machine that are not in a namespace. */
  static final int CLIENTS = 0;

  private static final String LOST = "lost0";

  /** Traffic between nodes, or to them, by what answers it. */
  enum Kind {
    KAFKA,
    ZOOKEEPER,
    BOOKIE
  }

  private final int nodes;

  /** Names of interfaces have at most 15 characters. */
  private final String name = "hw" + ProcessHandle.current().pid() % 100_000;

  private final int firstSubnet = (int) (ProcessHandle.current().pid() % 64) * Kind.values().length;

  private Network(int nodes) {
    this.nodes = nodes;
  }

  static Network lay(int nodes) {
    OutsideSoftware.find("ip");
    OutsideSoftware.find("sysctl");
    var network = new Network(nodes);
    if (!network.tryTo("link add " + network.bridge() + " type bridge")) {
      OutsideSoftware.leaveOut("network-namespaces-as-root");
    }
    try {
      network.connect();
      return network;
    } catch (RuntimeException | Error e) {
      network.close();
      throw e;
    }
  }

  private void connect() {
    for (Kind kind : Kind.values()) {
      ip("addr add " + address(kind, CLIENTS) + "/24 dev " + bridge());
    }
    ip("link set " + bridge() + " up");
    loseInto("", lost(CLIENTS));
    for (int node = 1; node <= nodes; node++) {
      ip("netns add " + space(node));
      // Otherwise what comes from where it cannot be answered is lost as well.
      in(node, "sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0");
      // As docs/operations.md advises.
      in(node, "sysctl -q -w net.ipv4.tcp_retries2=4");
      ip("link add " + cable(node) + " type veth peer name eth0 netns " + space(node));
      ip("link set " + cable(node) + " master " + bridge() + " up");
      ip(at(node) + "link set lo up");
      ip(at(node) + "link set eth0 up");
      for (Kind kind : Kind.values()) {
        ip(at(node) + "addr add " + address(kind, node) + "/24 dev eth0");
      }
      loseInto(at(node), LOST);
    }
  }

  /** Makes an interface whose packets nobody takes. */
  private void loseInto(String at, String lost) {
    ip(at + "link add " + lost + " type veth peer name " + lost + "x");
    ip(at + "link set " + lost + " arp off up");
    ip(at + "link set " + lost + "x up");
  }

  String address(Kind kind, int node) {
    return "198.18.%d.%d".formatted(firstSubnet + kind.ordinal(), node == CLIENTS ? 254 : node);
  }

  /** What a command begins with that runs on a node. */
  List<String> on(int node) {
    return List.of("ip", "netns", "exec", space(node));
  }

  /** From now on, what {@code from} sends to {@code to} is lost. */
  void lose(Kind kind, int from, int to) {
    ip(
        "%sroute replace %s/32 dev %s src %s"
            .formatted(at(from), address(kind, to), lost(from), address(kind, from)));
  }

  /** Cuts a node from all others, and them from it. */
  void cut(Kind kind, int node) {
    others(node)
        .forEach(other -> {
          lose(kind, node, other);
          lose(kind, other, node);
        });
  }

  /** What a node sends is lost, but it hears everybody. */
  void mute(int node) {
    for (Kind kind : Kind.values()) {
      others(node).forEach(other -> lose(kind, node, other));
    }
    lose(Kind.KAFKA, node, CLIENTS);
  }

  /** A node hears nobody, but is heard. */
  void deafen(int node) {
    for (Kind kind : Kind.values()) {
      others(node).forEach(other -> lose(kind, other, node));
    }
    lose(Kind.KAFKA, CLIENTS, node);
  }

  void cutFromClients(int node) {
    lose(Kind.KAFKA, CLIENTS, node);
    lose(Kind.KAFKA, node, CLIENTS);
  }

  /** Cuts all nodes from each other, so that ZooKeeper stands still. */
  void cutZooKeeper() {
    for (int node = 1; node <= nodes; node++) {
      cut(Kind.ZOOKEEPER, node);
    }
  }

  /** Pulls the cable out of the switch. */
  void pull(int node) {
    ip("link set " + cable(node) + " nomaster");
  }

  /** All is as it was laid. */
  void heal() {
    for (int node = CLIENTS; node <= nodes; node++) {
      ip(at(node) + "route flush dev " + lost(node));
      if (node != CLIENTS) {
        ip("link set " + cable(node) + " master " + bridge());
      }
    }
  }

  private IntStream others(int node) {
    return IntStream.rangeClosed(1, nodes).filter(other -> other != node);
  }

  private String bridge() {
    return name + "b";
  }

  private String cable(int node) {
    return name + "n" + node;
  }

  private String space(int node) {
    return name + "-" + node;
  }

  private String lost(int node) {
    return node == CLIENTS ? name + "l" : LOST;
  }

  private String at(int node) {
    return node == CLIENTS ? "" : "-n " + space(node) + " ";
  }

  private void in(int node, String command) {
    var all = new ArrayList<>(on(node));
    all.addAll(List.of(command.split(" ")));
    must(all);
  }

  private void ip(String command) {
    must(List.of(("ip " + command).split(" +")));
  }

  private boolean tryTo(String command) {
    return run(List.of(("ip " + command).split(" +"))).isEmpty();
  }

  private static void must(List<String> command) {
    String failure = run(command);
    if (!failure.isEmpty()) {
      throw new AssertionError(String.join(" ", command) + ": " + failure);
    }
  }

  /** What a command says if it fails, or nothing. */
  private static String run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      int code = process.waitFor();
      return code == 0 ? "" : "exit code " + code + " " + said;
    } catch (IOException e) {
      return e.toString();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** The processes in it have to be gone. */
  @Override
  public void close() {
    for (int node = 1; node <= nodes; node++) {
      tryTo("link del " + cable(node));
      tryTo("netns del " + space(node));
    }
    tryTo("link del " + lost(CLIENTS));
    tryTo("link del " + bridge());
  }
}
