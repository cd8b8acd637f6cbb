package io.headwater.hub.zookeeper;

import static java.util.Objects.requireNonNull;

import io.headwater.process.HostPort;
import java.util.Collections;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The ZooKeeper servers that decide together, one of which is this process. Every member has to be
 * given the same list. A list that breaks a rule is an IllegalArgumentException that says which.
 *
 * @param self this process' id among the members
 * @param members 1, 3 or 5 by id, 1 to 255; no two at the same address
 */
public record Ensemble(int self, SortedMap<Integer, Member> members) {
  private static final int MAX_ID = 255;

  public Ensemble {
    members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
    int count = members.size();
    if (count == 2 || count == 4) {
      throw new IllegalArgumentException(
          "%d ZooKeeper members stand no more losses than %d: list %d or %d"
              .formatted(count, count - 1, count - 1, count + 1));
    }
    if (count != 1 && count != 3 && count != 5) {
      throw new IllegalArgumentException(count + " ZooKeeper members: list 1, 3 or 5");
    }
    if (!members.containsKey(self)) {
      throw new IllegalArgumentException(
          "this node's id " + self + " is not among the ZooKeeper members " + members.keySet());
    }
    Set<String> taken = new HashSet<>();
    members.forEach((id, member) -> {
      if (id < 1 || id > MAX_ID) {
        throw new IllegalArgumentException(
            "ZooKeeper member id " + id + " is not between 1 and " + MAX_ID);
      }
      for (int port : new int[] {member.quorumPort, member.electionPort, member.clientPort}) {
        String address = new HostPort(member.host, port).toString();
        if (!taken.add(address.toLowerCase(Locale.ROOT))) {
          throw new IllegalArgumentException(
              "ZooKeeper member " + id + " has " + address + ", which is listed already");
        }
      }
    });
  }

  /** Where clients connect: {@code host:port,...} of all members. */
  public String connectString() {
    return members.values().stream()
        .map(member -> member.client().toString())
        .collect(Collectors.joining(","));
  }

  Member own() {
    return requireNonNull(members.get(self)); // it is among them
  }

  /**
   * One server.
   *
   * @param host under which the others and the clients reach it; IPv6 without brackets
   * @param quorumPort where it serves the others while it leads
   * @param electionPort where leaders are elected
   * @param clientPort for clients
   */
  public record Member(String host, int quorumPort, int electionPort, int clientPort) {
    private static final Pattern FORM =
        Pattern.compile(
            "(?:\\[(?<ip6>[0-9A-Fa-f:.%]+)]|(?<host>[^\\s:;=\\[\\]]+))"
                + ":(?<quorum>\\d{1,5}):(?<election>\\d{1,5});(?<client>\\d{1,5})");

    public Member {
      for (int port : new int[] {quorumPort, electionPort, clientPort}) {
        if (port < 1 || port > 65535) {
          throw new IllegalArgumentException("port " + port + " is not between 1 and 65535");
        }
      }
    }

    /** Reads ZooKeeper's own form, {@code host:2888:3888;2181}. */
    public static Member parse(String text) {
      Matcher form = FORM.matcher(text);
      if (form.matches()) {
        String ip6 = form.group("ip6");
        try {
          return new Member(
              ip6 == null ? form.group("host") : ip6,
              Integer.parseInt(form.group("quorum")),
              Integer.parseInt(form.group("election")),
              Integer.parseInt(form.group("client")));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(
              "'" + text + "' is no ZooKeeper member: " + e.getMessage(), e);
        }
      }
      throw new IllegalArgumentException(
          "'%s' is no ZooKeeper member: write host:quorum port:election port;client port, for example node1:2888:3888;2181"
              .formatted(text));
    }

    HostPort client() {
      return new HostPort(host, clientPort);
    }

    /** In the form of {@link #parse}. */
    @Override
    public String toString() {
      return new HostPort(host, quorumPort) + ":" + electionPort + ";" + clientPort;
    }
  }
}
