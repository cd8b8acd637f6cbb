package io.headwater.edge.mqtt;

/** Told which clients come and go, on their event loops: it must not wait. */
public interface ClientWatch {
  /** Tells nobody. */
  ClientWatch NONE =
      new ClientWatch() {
        @Override
        public void connected(String clientId) {}

        @Override
        public void disconnected(String clientId) {}
      };

  /** Tells both, one after the other. */
  static ClientWatch both(ClientWatch first, ClientWatch second) {
    return new ClientWatch() {
      @Override
      public void connected(String clientId) {
        first.connected(clientId);
        second.connected(clientId);
      }

      @Override
      public void disconnected(String clientId) {
        first.disconnected(clientId);
        second.disconnected(clientId);
      }
    };
  }

  /** A client that has an identifier of its own is connected. */
  void connected(String clientId);

  /** It is not any more. */
  void disconnected(String clientId);
}
