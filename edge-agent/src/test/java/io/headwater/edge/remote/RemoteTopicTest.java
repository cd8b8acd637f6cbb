package io.headwater.edge.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.edge.mqtt.Hops;
import io.headwater.edge.remote.RemoteTopic.Direction;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class RemoteTopicTest {
  private static RemoteTopic topic(String pattern, String local, String remote) {
    return new RemoteTopic(
        pattern, Direction.BOTH, Optional.of(1), Optional.of(local), Optional.of(remote));
  }

  @Test
  void prefixesAreExchangedInBothDirections() {
    RemoteTopic both = topic("+/temperature", "here/", "plant/7/");

    assertThat(both.remoteFilter()).isEqualTo("plant/7/+/temperature");
    assertThat(both.toLocal("plant/7/oven/temperature")).contains("here/oven/temperature");
    assertThat(both.toRemote("here/oven/temperature")).contains("plant/7/oven/temperature");
    assertThat(both.toLocal("plant/7/oven/humidity")).isEmpty();
    assertThat(both.toLocal("plant/8/oven/temperature")).isEmpty();
    assertThat(both.toRemote("oven/temperature")).isEmpty();
    assertThat(both.toRemote("here/a/b/temperature")).isEmpty();
  }

  @Test
  void prefixesAreTakenAsTheyAre() {
    assertThat(topic("/a/#", "", "plant").toRemote("/a/b")).contains("plant/a/b");
    assertThat(topic("a/#", "", "p/").toRemote("a")).contains("p/a");
    assertThat(topic("x", "l-", "r-").toLocal("r-x")).contains("l-x");
  }

  @Test
  void anEmptyPatternCarriesOneTopic() {
    RemoteTopic one = topic("", "local/state", "remote/state");

    assertThat(one.remoteFilter()).isEqualTo("remote/state");
    assertThat(one.toLocal("remote/state")).contains("local/state");
    assertThat(one.toRemote("local/state")).contains("remote/state");
    assertThat(one.toRemote("local/state/x")).isEmpty();
    assertThatThrownBy(() -> topic("", "local", ""))
        .hasMessageContaining("an empty pattern needs both prefixes");
  }

  @Test
  void systemTopicsNeedToBeNamed() {
    assertThat(topic("#", "", "far/").toRemote("$SYS/broker/uptime")).isEmpty();
    assertThat(
            topic("broker/clients/#", "mosquitto/", "$SYS/").toLocal("$SYS/broker/clients/total"))
        .contains("mosquitto/broker/clients/total");
  }

  @Test
  void directionsAreSeenFromHere() {
    var in =
        new RemoteTopic("a", Direction.IN, Optional.empty(), Optional.empty(), Optional.empty());

    assertThat(in.isIn()).isTrue();
    assertThat(in.isOut()).isFalse();
    assertThat(in.effectiveQos()).isEqualTo(1);
    assertThat(topic("a", "", "").isIn()).isTrue();
    assertThat(topic("a", "", "").isOut()).isTrue();
  }

  @Test
  void badLinesNameTheirMistake() {
    assertThatThrownBy(() -> topic("a/#/b", "", ""))
        .hasMessageContaining("give 'a/#/b', no MQTT filter");
    assertThatThrownBy(() -> topic("#", "a/+/", ""))
        .hasMessageContaining("local-prefix 'a/+/' must not have wildcards");
    assertThatThrownBy(() -> topic("#", "", "a")).hasMessageContaining("give 'a#', no MQTT filter");
    assertThatThrownBy(() -> topic("x/#", "", "$share/g/"))
        .hasMessageContaining("shared subscriptions");
    assertThatThrownBy(() ->
            new RemoteTopic("a", Direction.IN, Optional.of(3), Optional.empty(), Optional.empty()))
        .hasMessageContaining("qos 3 of 'a' is not 0, 1 or 2");
  }

  @Test
  void hopsAreReadWithoutTrust() {
    assertThat(Hops.parse("3")).isEqualTo(3);
    assertThat(Hops.parse(" 12 ")).isEqualTo(12);
    assertThat(Hops.parse("-1")).isZero();
    assertThat(Hops.parse("many")).isZero();
    assertThat(Hops.parse("")).isZero();
    assertThat(Hops.parse("9223372036854775807")).isGreaterThan(1000);
  }
}
