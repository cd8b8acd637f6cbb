package io.headwater.bridge.broker;

import io.headwater.uplink.UplinkTopics;
import io.moquette.broker.security.IAuthenticator;
import io.moquette.broker.security.IAuthorizatorPolicy;
import io.moquette.broker.subscriptions.Topic;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what at the embedded broker: a gateway publishes and hears only what is its own, the
 * bridges the mirror image.
 *
 * <p>Called in the broker's session threads, which die of an exception: nothing here throws.
 */
final class GatewayAccess implements IAuthenticator, IAuthorizatorPolicy {
  static final String BRIDGE_USER = "headwater/bridge"; // no gateway can be called so

  private static final String ROOT = "headwater/v1/";

  private final byte[] bridgeSecret;

  /**
   * @param bridgeSecret drawn at each start; only this process knows it
   */
  GatewayAccess(String bridgeSecret) {
    this.bridgeSecret = bridgeSecret.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public boolean checkValid(
      @Nullable String clientId, @Nullable String user, byte @Nullable [] password) {
    if (user == null) {
      return false;
    }
    return user.equals(BRIDGE_USER)
        ? password != null && MessageDigest.isEqual(password, bridgeSecret)
        : UplinkTopics.isGateway(user);
  }

  @Override
  public boolean canWrite(@Nullable Topic topic, @Nullable String user, @Nullable String clientId) {
    if (topic == null || user == null) {
      return false;
    }
    String name = topic.toString();
    if (user.equals(BRIDGE_USER)) {
      return name.startsWith(ROOT + "ack/") || name.startsWith(ROOT + "down/");
    }
    return UplinkTopics.parse(name).map(inbound -> inbound.gateway().equals(user)).orElse(false);
  }

  @Override
  public boolean canRead(@Nullable Topic topic, @Nullable String user, @Nullable String clientId) {
    if (topic == null || user == null) {
      return false;
    }
    String name = topic.toString();
    if (user.equals(BRIDGE_USER)) {
      return name.startsWith(ROOT + "up/")
          || name.startsWith(ROOT + "state/")
          || name.startsWith(ROOT + "status/");
    }
    return name.equals(ROOT + "ack/" + user) || name.startsWith(ROOT + "down/" + user + "/");
  }
}
