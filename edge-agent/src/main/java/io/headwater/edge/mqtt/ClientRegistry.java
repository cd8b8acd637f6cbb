package io.headwater.edge.mqtt;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who is connected under which client identifier. Thread-safe. */
final class ClientRegistry {
  /** Of identifiers that the server gives: they say nothing about who comes back. */
  static final String GIVEN = "auto-";

  private final ClientWatch watch;

  // Guarded by this, and so is the order in which the watch is told.
  private final Map<String, MqttConnection> connections = new HashMap<>();

  ClientRegistry(ClientWatch watch) {
    this.watch = watch;
  }

  /** Puts the newcomer in and returns who had the identifier before. */
  synchronized @Nullable MqttConnection take(String clientId, MqttConnection newcomer) {
    MqttConnection before = connections.put(clientId, newcomer);
    if (!clientId.startsWith(GIVEN)) {
      watch.connected(clientId);
    }
    return before;
  }

  synchronized void leave(String clientId, MqttConnection connection) {
    if (connections.remove(clientId, connection) && !clientId.startsWith(GIVEN)) {
      watch.disconnected(clientId);
    }
  }
}
