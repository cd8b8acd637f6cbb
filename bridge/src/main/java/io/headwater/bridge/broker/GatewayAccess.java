package io.headwater.bridge.broker;

import io.headwater.uplink.UplinkTopics;
import io.moquette.broker.security.IAuthenticator;
import io.moquette.broker.security.IAuthorizatorPolicy;
import io.moquette.broker.subscriptions.Topic;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who may do what at the embedded broker: a gateway publishes and hears only what is its own, the
 * bridges the mirror image.
 *
 * <p>Called in the broker's session threads, which die of an exception: nothing here throws.
 */
final class GatewayAccess implements IAuthenticator, IAuthorizatorPolicy {
  static final String BRIDGE_USER = "headwater/bridge"; // no gateway can be called so
  static final String PROBE_USER = "headwater/probe";
  static final String PROBE_TOPICS = "headwater/v1/probe/";

  private static final Logger LOGGER = LoggerFactory.getLogger(GatewayAccess.class);
  private static final String ROOT = "headwater/v1/";

  private final byte[] bridgeSecret;

  /** Only this process knows it: it stands for a certificate that was checked, and for a probe. */
  private final String processSecret = draw();

  private final Optional<GatewayPasswords> passwords;
  private final BrokerMetrics metrics;

  GatewayAccess(String bridgeSecret, Optional<GatewayPasswords> passwords, BrokerMetrics metrics) {
    this.bridgeSecret = bridgeSecret.getBytes(StandardCharsets.UTF_8);
    this.passwords = passwords;
    this.metrics = metrics;
  }

  /** A secret that nobody has seen before. */
  static String draw() {
    byte[] secret = new byte[16];
    new SecureRandom().nextBytes(secret);
    return HexFormat.of().formatHex(secret);
  }

  String processSecret() {
    return processSecret;
  }

  @Override
  public boolean checkValid(
      @Nullable String clientId, @Nullable String user, byte @Nullable [] password) {
    try {
      String refusal = refusal(clientId, user, password == null ? new byte[0] : password);
      if (refusal != null) {
        metrics.refused(refusal);
        LOGGER
            .atWarn()
            .addKeyValue("user", user)
            .addKeyValue("clientId", clientId)
            .addKeyValue("reason", refusal)
            .log("A client of the embedded broker is refused");
      }
      return refusal == null;
    } catch (RuntimeException e) {
      LOGGER.atError().setCause(e).log("A login cannot be judged");
      return false;
    }
  }

  private @Nullable String refusal(
      @Nullable String clientId, @Nullable String user, byte[] password) {
    if (user == null || clientId == null) {
      return "no-name";
    }
    if (user.equals(BRIDGE_USER)) {
      return MessageDigest.isEqual(password, bridgeSecret) ? null : "secret";
    }
    boolean vouchedFor =
        MessageDigest.isEqual(password, processSecret.getBytes(StandardCharsets.UTF_8));
    if (user.equals(PROBE_USER)) {
      return vouchedFor ? null : "secret";
    }
    if (!UplinkTopics.isGateway(user)) {
      return "name";
    }
    // Another's client identifier would end that one's connection.
    if (!clientId.equals(user) && !clientId.equals("gateway-" + user)) {
      return "client-id";
    }
    return vouchedFor || passwords.isEmpty() || passwords.get().matches(user, password)
        ? null
        : "password";
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
    if (user.equals(PROBE_USER)) {
      return name.startsWith(PROBE_TOPICS);
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
    if (user.equals(PROBE_USER)) {
      return name.startsWith(PROBE_TOPICS);
    }
    return name.equals(ROOT + "ack/" + user) || name.startsWith(ROOT + "down/" + user + "/");
  }
}
