package io.headwater.bridge.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.uplink.UplinkTopics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.moquette.broker.subscriptions.Topic;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class GatewayAccessTest {
  private final GatewayAccess access =
      new GatewayAccess("secret", Optional.empty(), new BrokerMetrics(new SimpleMeterRegistry()));

  private boolean mayWrite(String topic, String user) {
    return access.canWrite(new Topic(topic), user, "client");
  }

  private boolean mayRead(String topic, String user) {
    return access.canRead(new Topic(topic), user, "client");
  }

  @Test
  void gatewayPublishesOnlyAsItself() {
    assertThat(mayWrite(UplinkTopics.up("g1"), "g1")).isTrue();
    assertThat(mayWrite(UplinkTopics.state("g1"), "g1")).isTrue();
    assertThat(mayWrite(UplinkTopics.up("g2"), "g1")).isFalse();
    assertThat(mayWrite(UplinkTopics.ack("g1"), "g1")).isFalse();
    assertThat(mayWrite("anything", "g1")).isFalse();
  }

  @Test
  void gatewayHearsOnlyItsOwnAnswers() {
    assertThat(mayRead(UplinkTopics.ack("g1"), "g1")).isTrue();
    assertThat(mayRead("headwater/v1/down/g1/cmd", "g1")).isTrue();
    assertThat(mayRead(UplinkTopics.ack("g2"), "g1")).isFalse();
    assertThat(mayRead("headwater/v1/down/g11/cmd", "g1")).isFalse();
    assertThat(mayRead("#", "g1")).isFalse();
    assertThat(mayRead("headwater/v1/ack/+", "g1")).isFalse();
  }

  @Test
  void bridgeIsTheMirrorImageAndNeedsItsSecret() {
    String bridge = GatewayAccess.BRIDGE_USER;
    assertThat(mayWrite(UplinkTopics.ack("g1"), bridge)).isTrue();
    assertThat(mayWrite(UplinkTopics.up("g1"), bridge)).isFalse();
    assertThat(mayRead(UplinkTopics.laneFilter(UplinkTopics.Kind.UP, 3), bridge)).isTrue();
    assertThat(access.checkValid("c", bridge, "secret".getBytes(StandardCharsets.UTF_8))).isTrue();
    assertThat(access.checkValid("c", bridge, "guess".getBytes(StandardCharsets.UTF_8))).isFalse();
    assertThat(access.checkValid("c", bridge, null)).isFalse();
    assertThat(access.checkValid("c", null, null)).isFalse();
    assertThat(access.checkValid("gateway-g1", "g1", null)).isTrue();
    assertThat(access.checkValid("c", "g/1", null)).isFalse();
  }

  @Test
  void gatewayCannotTakeAnothersClientIdentifier() {
    assertThat(access.checkValid("g1", "g1", null)).isTrue();
    assertThat(access.checkValid("gateway-g2", "g1", null)).isFalse();
    assertThat(access.checkValid("bridge-b", "g1", null)).isFalse();
    assertThat(access.checkValid("g2", "g1", null)).isFalse();
  }

  @Test
  void nothingThrows() {
    assertThat(access.canWrite(null, null, null)).isFalse();
    assertThat(access.canRead(null, "g", null)).isFalse();
  }
}
