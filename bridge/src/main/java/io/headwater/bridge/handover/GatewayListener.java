package io.headwater.bridge.handover;

import io.headwater.bridge.broker.BrokerClient;

/** Told what gateways of owned lanes say besides readings. Called on the hand-over's thread. */
public interface GatewayListener {
  /**
   * A status message, as it came: heartbeat, retained one or will.
   *
   * @param payload not decoded and not checked
   * @param from the broker that it came by
   */
  void status(String gateway, byte[] payload, BrokerClient from);
}
