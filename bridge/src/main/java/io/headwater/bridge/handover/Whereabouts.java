package io.headwater.bridge.handover;

import io.headwater.bridge.broker.BrokerClient;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The broker at which each gateway of an owned lane was last heard: there its answers and commands
 * go. Written by the hand-over's thread, read by any.
 */
public final class Whereabouts {
  private final Map<String, BrokerClient> brokers = new ConcurrentHashMap<>();

  public Whereabouts() {}

  /** Where the gateway's newest batch or state request came in; empty if it has not been heard. */
  public Optional<BrokerClient> of(String gateway) {
    return Optional.ofNullable(brokers.get(gateway));
  }

  void heard(String gateway, BrokerClient at) {
    brokers.put(gateway, at);
  }

  void forget(String gateway) {
    brokers.remove(gateway);
  }
}
