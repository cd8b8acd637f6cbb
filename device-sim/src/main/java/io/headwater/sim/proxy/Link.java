package io.headwater.sim.proxy;

import io.netty.channel.socket.SocketChannel;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** The connections of a proxy and the faults they suffer. Confined to the event loop. */
final class Link {
  private final InetSocketAddress target;
  private final SplittableRandom random;
  private final Counters counters;
  private final Set<Connection> connections = new LinkedHashSet<>();
  private final List<Effect> effects = new ArrayList<>();
  private Conditions conditions = new Conditions();

  /** A fault from its begin to its end. A class, because equal faults may overlap. */
  static final class Effect {
    final LinkFault fault;

    Effect(LinkFault fault) {
      this.fault = fault;
    }
  }

  Link(InetSocketAddress target, long seed, Counters counters) {
    this.target = target;
    this.counters = counters;
    random = new SplittableRandom(seed);
  }

  InetSocketAddress target() {
    return target;
  }

  Conditions conditions() {
    return conditions;
  }

  Counters counters() {
    return counters;
  }

  Connection accept(SocketChannel client) {
    counters.accepted.increment();
    counters.open.incrementAndGet();
    // In the order of connections, so that each has its own draws whatever the others do.
    var connection = new Connection(this, client, random.split());
    connections.add(connection);
    return connection;
  }

  void closed(Connection connection) {
    if (connections.remove(connection)) {
      counters.open.decrementAndGet();
    }
  }

  void begin(Effect effect) {
    effects.add(effect);
    if (effect.fault instanceof LinkFault.HalfOpen) {
      connections.forEach(connection -> connection.loseTarget(effect));
    }
    changed();
  }

  void end(Effect effect) {
    if (effects.remove(effect)) {
      List.copyOf(connections).forEach(connection -> connection.ended(effect));
      changed();
    }
  }

  void clear() {
    List.copyOf(effects).forEach(this::end);
  }

  /** Resets all that is open, not as a fault. */
  void close() {
    List.copyOf(connections).forEach(Connection::reset);
  }

  private void changed() {
    conditions =
        conditions.with(effects.stream().map(effect -> effect.fault).toList(), System.nanoTime());
    List.copyOf(connections).forEach(Connection::conditionsChanged);
  }
}
