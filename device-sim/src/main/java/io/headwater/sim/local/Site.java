package io.headwater.sim.local;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which processes a system of a scenario has, on which free ports, and how each finds the others.
 *
 * <p>Gateways know all brokers, each beginning its list with another. Bridges know all brokers but
 * their own.
 */
public final class Site {
  private static final String SITE_SECRET = "site-secret";

  private final Layout layout;
  private final Set<Part> parts;
  private final Path data;
  private final Optional<HostPort> hubElsewhere;
  private final Map<Member, HostPort> addresses = new HashMap<>();
  private final Map<Member, HostPort> http = new HashMap<>();
  private final HostPort zookeeper;

  /**
   * Draws the ports.
   *
   * @param analytics whether it is there
   * @param data each process gets a folder in it
   * @param hub one that runs already, in place of one of the system's own
   */
  public Site(Layout layout, boolean analytics, Path data, Optional<HostPort> hub) {
    this.layout = layout;
    this.data = data;
    hubElsewhere = hub;
    parts = EnumSet.of(Part.BRIDGE, Part.EDGE);
    if (hub.isEmpty()) {
      parts.add(Part.HUB);
    }
    if (analytics) {
      parts.add(Part.ANALYTICS);
    }
    if (layout.broker() != Layout.Broker.EMBEDDED) {
      parts.add(Part.MOSQUITTO);
    }
    List<Member> members = members();
    List<HostPort> free = free(2 * members.size() + 1);
    for (int i = 0; i < members.size(); i++) {
      addresses.put(members.get(i), free.get(2 * i));
      http.put(members.get(i), free.get(2 * i + 1));
    }
    zookeeper = free.getLast();
  }

  /** All processes, each after those that it needs. */
  public List<Member> members() {
    return layout.members(parts);
  }

  /** Where the gateways listen for devices. */
  public List<HostPort> sensors() {
    return layout.members(Part.EDGE).stream().map(this::address).toList();
  }

  /** The brokers that gateways connect to: the bridges' own by their numbers, then Mosquitto. */
  public List<HostPort> brokers() {
    var members = new ArrayList<Member>();
    if (layout.broker() != Layout.Broker.MOSQUITTO) {
      members.addAll(layout.members(Part.BRIDGE));
    }
    members.addAll(layout.members(Part.MOSQUITTO));
    return members.stream().map(this::address).toList();
  }

  public HostPort hub() {
    return hubElsewhere.orElseGet(() -> address(Member.only(Part.HUB)));
  }

  private HostPort address(Member member) {
    HostPort address = addresses.get(member);
    if (address == null) {
      throw new AssertionError(member);
    }
    return address;
  }

  /**
   * The command line of each process, in start order.
   *
   * @param uplinks where gateways find the brokers, in the order of {@link #brokers}
   * @param hub where all clients of the hub find it
   * @throws UserError if a program that is not ours is missing
   */
  Map<Member, List<String>> commands(Path home, List<HostPort> uplinks, HostPort hub) {
    var commands = new LinkedHashMap<Member, List<String>>();
    for (Member member : members()) {
      if (member.part() == Part.MOSQUITTO) {
        commands.put(member, mosquitto(member));
        continue;
      }
      var command = new ArrayList<String>();
      command.add(home.resolve("headwater").toString());
      command.add(member.part().command());
      command.addAll(
          List.of("--data=" + data.resolve(member.label()), "--set", "http=" + http.get(member)));
      switch (member.part()) {
        case HUB ->
            command.addAll(
                List.of(
                    "--port=" + address(member).port(),
                    "--set",
                    "zookeeper=" + zookeeper,
                    "--set",
                    "advertised=" + hub));
        case BRIDGE -> {
          command.addAll(List.of("--port=" + address(member).port(), "--hub=" + hub));
          command.addAll(peers(member));
        }
        case EDGE -> {
          command.addAll(
              List.of("--port=" + address(member).port(), "--bridge=" + inTurn(uplinks, member)));
          if (member.number() > 0) {
            command.addAll(List.of("--set", "gateway=gateway-" + member.number()));
          }
        }
        case ANALYTICS ->
            command.addAll(
                List.of(
                    "--hub=" + hub,
                    "--queries=" + home.resolve("streams-analytics/examples/demo-queries.yaml")));
        case MOSQUITTO -> throw new AssertionError(member);
      }
      commands.put(member, command);
    }
    return commands;
  }

  /** What a bridge must know of the other brokers. */
  private List<String> peers(Member bridge) {
    var brokers =
        Stream.concat(
                layout.broker() == Layout.Broker.MOSQUITTO
                    ? Stream.of()
                    : layout.members(Part.BRIDGE).stream().filter(other -> !other.equals(bridge)),
                layout.members(Part.MOSQUITTO).stream())
            .map(this::address)
            .map(HostPort::toString)
            .collect(Collectors.joining(","));
    var settings = new ArrayList<String>();
    if (!brokers.isEmpty()) {
      settings.addAll(List.of("--set", "brokers=" + brokers));
    }
    if (layout.bridges() > 1 && layout.broker() != Layout.Broker.MOSQUITTO) {
      settings.addAll(List.of("--set", "access.site-secret-file=" + secretFile()));
    }
    return settings;
  }

  private Path secretFile() {
    Path file = data.resolve(SITE_SECRET);
    try {
      if (!Files.exists(file)) {
        Files.createDirectories(data);
        Files.writeString(file, "known to this system's bridges only\n");
      }
      return file;
    } catch (IOException e) {
      throw UserError.failure("cannot write " + file + ": " + e, e);
    }
  }

  /** All addresses, beginning with another for each gateway. */
  private static String inTurn(List<HostPort> uplinks, Member gateway) {
    int first = Math.max(0, gateway.number() - 1) % uplinks.size();
    return Stream.concat(uplinks.stream().skip(first), uplinks.stream().limit(first))
        .map(HostPort::toString)
        .collect(Collectors.joining(","));
  }

  /** It keeps nothing over its end. */
  private List<String> mosquitto(Member member) {
    Path program =
        Stream.concat(
                Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1)),
                Stream.of("/usr/sbin"))
            .map(folder -> Path.of(folder, "mosquitto"))
            .filter(Files::isExecutable)
            .findFirst()
            .orElseThrow(() ->
                UserError.failure(
                    "mosquitto is not installed: apt install mosquitto, or a scenario without it"));
    Path config = data.resolve("mosquitto.conf");
    try {
      Files.createDirectories(data);
      Files.writeString(
          config,
          """
          listener %d 127.0.0.1
          allow_anonymous true
          persistence false
          """
              .formatted(address(member).port()));
    } catch (IOException e) {
      throw UserError.failure("cannot write " + config + ": " + e, e);
    }
    return List.of(program.toString(), "-c", config.toString());
  }

  private static List<HostPort> free(int count) {
    var open = new ArrayList<ServerSocket>();
    try {
      for (int i = 0; i < count; i++) {
        var socket = new ServerSocket();
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        open.add(socket);
      }
      return open.stream().map(socket -> new HostPort("127.0.0.1", socket.getLocalPort())).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      for (ServerSocket socket : open) {
        try {
          socket.close();
        } catch (IOException _) {
          // It was only to find a number.
        }
      }
    }
  }
}
