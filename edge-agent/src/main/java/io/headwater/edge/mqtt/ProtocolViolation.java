package io.headwater.edge.mqtt;

import io.netty.handler.codec.mqtt.MqttReasonCodes.Disconnect;

/** A client broke the protocol: its connection ends with this code. */
final class ProtocolViolation extends Exception {
  private static final long serialVersionUID = 1L;

  private final Disconnect code;

  ProtocolViolation(Disconnect code, String message) {
    super(message);
    this.code = code;
  }

  Disconnect code() {
    return code;
  }
}
