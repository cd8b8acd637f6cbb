package io.headwater.edge.mqtt;

/** What carries MQTT. */
public enum Transport {
  TCP("mqtt", "MQTT", false, false),
  TLS("tls", "MQTT over TLS", true, false),
  WEBSOCKET("websocket", "MQTT over WebSocket", false, true),
  WEBSOCKET_TLS("websocket-tls", "MQTT over WebSocket and TLS", true, true);

  private final String key;
  private final String text;
  private final boolean tls;
  private final boolean webSocket;

  Transport(String key, String text, boolean tls, boolean webSocket) {
    this.key = key;
    this.text = text;
    this.tls = tls;
    this.webSocket = webSocket;
  }

  /** Its name in the configuration. */
  public String key() {
    return key;
  }

  /** Its name for users. */
  String text() {
    return text;
  }

  public boolean isTls() {
    return tls;
  }

  public boolean isWebSocket() {
    return webSocket;
  }
}
