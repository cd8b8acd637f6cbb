package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.BinaryProperty;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperty;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class MessageAttributesTest {
  private static MqttProperties all() {
    var properties = new MqttProperties();
    properties.add(new IntegerProperty(MqttProperties.PAYLOAD_FORMAT_INDICATOR, 1));
    properties.add(new IntegerProperty(MqttProperties.PUBLICATION_EXPIRY_INTERVAL, -2));
    properties.add(new StringProperty(MqttProperties.CONTENT_TYPE, "text/plain"));
    properties.add(new StringProperty(MqttProperties.RESPONSE_TOPIC, "räume/1"));
    properties.add(new BinaryProperty(MqttProperties.CORRELATION_DATA, new byte[] {0, -1}));
    properties.add(new UserProperty("k", ""));
    properties.add(new UserProperty("k", "v"));
    return properties;
  }

  @Test
  void propertiesComeBackAsTheyWere() {
    var found = new MqttProperties();
    byte[] attributes = MessageAttributes.of(2, true, all());
    MessageAttributes.addTo(found, attributes);

    assertThat(found.listAll()).hasToString(all().listAll().toString());
    assertThat(MessageAttributes.qos(attributes)).isEqualTo(2);
    assertThat(MessageAttributes.retain(attributes)).isTrue();
    assertThat(MessageAttributes.expirySeconds(attributes)).isEqualTo(0xFFFFFFFEL);
  }

  @Test
  void mostFrequentPublishTakesNothing() {
    var ofTheConnection = new MqttProperties();
    ofTheConnection.add(new IntegerProperty(MqttProperties.TOPIC_ALIAS, 3));

    assertThat(MessageAttributes.of(1, false, MqttProperties.NO_PROPERTIES)).isNull();
    assertThat(MessageAttributes.of(1, false, ofTheConnection)).isNull();
    assertThat(MessageAttributes.of(0, false, MqttProperties.NO_PROPERTIES)).containsExactly(0);
    assertThat(MessageAttributes.qos(null)).isEqualTo(1);
    assertThat(MessageAttributes.retain(null)).isFalse();
    assertThat(MessageAttributes.expirySeconds(null)).isEqualTo(-1);
  }

  @Test
  void willComesBackAsItWas() {
    var will =
        new Will("a/ä", new byte[] {1, 2}, MessageAttributes.of(2, true, all()), 3_000_000_000L);

    Will found = Will.decode(will.encode());

    assertThat(found).usingRecursiveComparison().isEqualTo(will);
    var plain = new Will("a", new byte[0], null, 0);
    assertThat(Will.decode(plain.encode())).usingRecursiveComparison().isEqualTo(plain);
  }
}
