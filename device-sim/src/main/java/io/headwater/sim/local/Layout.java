package io.headwater.sim.local;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How many processes of each part a system has.
 *
 * @param gateways edge agents; devices are spread over them
 * @param bridges each with its embedded broker
 * @param broker where gateways and bridges meet
 */
public record Layout(int gateways, int bridges, Broker broker) {
  public static final Layout USUAL = new Layout(1, 1, Broker.EMBEDDED);
  public static final int MOST_GATEWAYS = 100;
  public static final int MOST_BRIDGES = 9;

  /** Where gateways and bridges meet. */
  public enum Broker {
    /** At the brokers inside the bridges. */
    EMBEDDED,
    /** At a Mosquitto, which every bridge is a client of. */
    MOSQUITTO,
    /** At either: a gateway has the addresses of all. */
    BOTH
  }

  public Layout {
    if (gateways < 1 || gateways > MOST_GATEWAYS || bridges < 1 || bridges > MOST_BRIDGES) {
      throw new IllegalArgumentException(gateways + " gateways, " + bridges + " bridges");
    }
  }

  /** How many processes there are of a part, if there are any. */
  public int count(Part part) {
    return switch (part) {
      case HUB, ANALYTICS -> 1;
      case MOSQUITTO -> broker == Broker.EMBEDDED ? 0 : 1;
      case BRIDGE -> bridges;
      case EDGE -> gateways;
    };
  }

  /** The processes of a part. */
  public List<Member> members(Part part) {
    int count = count(part);
    if (count == 1) {
      return List.of(Member.only(part));
    }
    var members = new ArrayList<Member>();
    for (int number = 1; number <= count; number++) {
      members.add(new Member(part, number));
    }
    return members;
  }

  /** The processes of some parts: each needs at most those before it. */
  public List<Member> members(Set<Part> parts) {
    var members = new ArrayList<Member>();
    for (Part part : Part.values()) {
      if (parts.contains(part)) {
        members.addAll(members(part));
      }
    }
    return members;
  }

  /** How many brokers gateways may connect to. */
  public int brokers() {
    return switch (broker) {
      case EMBEDDED -> bridges;
      case MOSQUITTO -> 1;
      case BOTH -> bridges + 1;
    };
  }
}
