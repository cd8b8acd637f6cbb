package io.headwater.edge;

import com.hivemq.client.mqtt.MqttClientState;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A client of any broker that remembers what has come; comes back by itself after an outage. */
final class TestClient implements AutoCloseable {
  private final List<Mqtt5Publish> received = new CopyOnWriteArrayList<>();
  private final Mqtt5AsyncClient client;

  TestClient(int port, String id) {
    client =
        Mqtt5Client.builder()
            .identifier(id)
            .serverHost("127.0.0.1")
            .serverPort(port)
            .automaticReconnect()
            .initialDelay(20, TimeUnit.MILLISECONDS)
            .maxDelay(100, TimeUnit.MILLISECONDS)
            .applyAutomaticReconnect()
            .buildAsync();
    client.publishes(MqttGlobalPublishFilter.ALL, received::add);
    client.connectWith().cleanStart(true).send().join();
  }

  TestClient subscribe(String filter) {
    return subscribe(filter, 1);
  }

  TestClient subscribe(String filter, int qos) {
    client.subscribeWith().topicFilter(filter).qos(MqttQos.values()[qos]).send().join();
    return this;
  }

  /** Publishes at QoS 1; true once it is acknowledged. */
  boolean publish(String topic, String value) {
    return publish(topic, value, 1);
  }

  boolean publish(String topic, String value, int qos) {
    return publish(topic, value.getBytes(StandardCharsets.UTF_8), qos, false);
  }

  /** As above, retained. */
  boolean publishRetained(String topic, String value) {
    return publish(topic, value.getBytes(StandardCharsets.UTF_8), 1, true);
  }

  boolean publish(String topic, byte[] payload, int qos, boolean retain) {
    try {
      return client
          .publishWith()
          .topic(topic)
          .payload(payload)
          .qos(MqttQos.values()[qos])
          .retain(retain)
          .send()
          .orTimeout(10, TimeUnit.SECONDS)
          .handle((result, failure) -> failure == null && result.getError().isEmpty())
          .join();
    } catch (IllegalStateException _) {
      return false;
    }
  }

  boolean isConnected() {
    return client.getState() == MqttClientState.CONNECTED;
  }

  List<Mqtt5Publish> received() {
    return received;
  }

  /** The values that came on topics that begin so. */
  List<String> values(String prefix) {
    return received.stream()
        .filter(publish -> publish.getTopic().toString().startsWith(prefix))
        .map(publish -> new String(publish.getPayloadAsBytes(), StandardCharsets.UTF_8))
        .toList();
  }

  @Override
  public void close() {
    client.disconnect();
  }
}
