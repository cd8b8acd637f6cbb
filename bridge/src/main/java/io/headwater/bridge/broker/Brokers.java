package io.headwater.bridge.broker;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * All brokers that the bridge is a client of: its own, those of its configuration, and those of the
 * peers that it has found, which come and go. Each of them has the lanes that are owned.
 * Thread-safe.
 */
public final class Brokers implements AutoCloseable {
  private final String bridgeId;
  private final BrokerClient.Receiver receiver;
  private final List<BrokerClient> clients = new CopyOnWriteArrayList<>();

  // Guarded by this.
  private final Map<String, BrokerClient> peers = new TreeMap<>();
  private final Set<Integer> lanes = new TreeSet<>();
  private boolean closed;

  public Brokers(String bridgeId, BrokerClient.Receiver receiver, BrokerMetrics metrics) {
    this.bridgeId = bridgeId;
    this.receiver = receiver;
    metrics.brokers(
        () -> clients.stream().filter(BrokerClient::isConnected).count(),
        () -> clients.stream().filter(client -> !client.isConnected()).count());
  }

  /** Adds one for good. */
  public synchronized BrokerClient add(BrokerTarget target) {
    var client = new BrokerClient(target, bridgeId, receiver);
    client.addLanes(lanes);
    clients.add(client);
    return client;
  }

  /**
   * Sets the peers' brokers, besides those that were added for good; the ones that are not named
   * any more are left.
   *
   * @param wanted by the peer's id
   */
  public void setPeers(Map<String, BrokerTarget> wanted) {
    var left = new ArrayList<BrokerClient>();
    synchronized (this) {
      if (closed) {
        return;
      }
      for (String peer : List.copyOf(peers.keySet())) {
        BrokerClient known = peers.get(peer);
        BrokerTarget now = wanted.get(peer);
        if (known != null && (now == null || !now.name().equals(known.name()))) {
          peers.remove(peer);
          clients.remove(known);
          left.add(known);
        }
      }
      wanted.forEach((peer, target) -> {
        if (!peers.containsKey(peer) && !isListed(target)) {
          peers.put(peer, add(target));
        }
      });
    }
    left.forEach(BrokerClient::close);
  }

  private boolean isListed(BrokerTarget target) {
    return clients.stream()
        .anyMatch(
            client -> client.target().addresses().stream().anyMatch(target.addresses()::contains));
  }

  /** Owns more lanes; completes when all brokers that are reached have them. */
  public CompletableFuture<?> addLanes(Collection<Integer> added) {
    synchronized (this) {
      lanes.addAll(added);
    }
    return all(client -> client.addLanes(added));
  }

  /** Owns less lanes; completes when all brokers that are reached know. */
  public CompletableFuture<?> removeLanes(Collection<Integer> removed) {
    synchronized (this) {
      lanes.removeAll(removed);
    }
    return all(client -> client.removeLanes(removed));
  }

  private CompletableFuture<?> all(Function<BrokerClient, CompletableFuture<?>> step) {
    return CompletableFuture.allOf(clients.stream().map(step).toArray(CompletableFuture<?>[]::new));
  }

  /** All of them now. */
  public List<BrokerClient> all() {
    return List.copyOf(clients);
  }

  public void forEach(Consumer<BrokerClient> step) {
    clients.forEach(step);
  }

  /** The addresses of all, as a set that peers can compare with theirs. */
  public Set<String> names() {
    return clients.stream().map(BrokerClient::name).collect(Collectors.toCollection(TreeSet::new));
  }

  /** One that is missing is no problem; none at all is. */
  public Optional<String> problem() {
    return clients.stream().anyMatch(BrokerClient::isConnected)
        ? Optional.empty()
        : Optional.of(
            "no broker is reached: "
                + clients.stream()
                    .flatMap(client -> client.problem().stream())
                    .collect(Collectors.joining("; ")));
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    clients.forEach(BrokerClient::close);
  }
}
