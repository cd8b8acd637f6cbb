package io.headwater.edge.mqtt;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Who is connected under which client identifier. Thread-safe. */
final class ClientRegistry {
  private final Map<String, MqttConnection> connections = new ConcurrentHashMap<>();

  /** Puts the newcomer in and returns who had the identifier before. */
  @Nullable MqttConnection take(String clientId, MqttConnection newcomer) {
    return connections.put(clientId, newcomer);
  }

  void leave(String clientId, MqttConnection connection) {
    connections.remove(clientId, connection);
  }
}
