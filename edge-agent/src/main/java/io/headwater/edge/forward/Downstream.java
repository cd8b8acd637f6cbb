package io.headwater.edge.forward;

/** Takes what comes by the uplink's connection besides answers. */
public interface Downstream {
  /** A message, on the client's thread: quick, does not throw. */
  void received(String topic, byte[] frame);

  /** What the bridge shall know after each connection, and with each heartbeat. */
  byte[] state();
}
