package io.headwater.bridge.broker;

import io.headwater.process.HostPort;

/** The MQTT broker inside the bridge; another one could stand in its place. */
public interface EmbeddedBroker extends AutoCloseable {
  /** The address really bound. */
  HostPort address();

  /** Credentials by which the bridge itself connects, and its peers if they share its secret. */
  Credentials bridgeCredentials();

  @Override
  void close();

  /** User name and password. */
  record Credentials(String user, String password) {}
}
