package io.headwater.bridge;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.exceptions.MqttClientStateException;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import io.headwater.process.HostPort;
import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.GatewayStatus;
import io.headwater.uplink.Incarnation;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.StateRequest;
import io.headwater.uplink.StreamDeclaration;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkCodec;
import io.headwater.uplink.UplinkTopics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A gateway that sends just what the test says, by a client that is not ours. */
final class TestGateway implements AutoCloseable {
  static final long EPOCH = 77;
  static final long INCARNATION = 5;

  private final String name;
  private final Mqtt5BlockingClient client;
  private final Optional<String> password;
  private List<StreamDeclaration> declared = List.of();
  private final LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();

  TestGateway(String name, String broker) {
    this(name, broker, Optional.empty());
  }

  /**
   * @param password empty text for its own name
   */
  TestGateway(String name, String broker, Optional<String> password) {
    this.name = name;
    HostPort address = HostPort.parse(broker);
    client =
        MqttClient.builder()
            .useMqttVersion5()
            .identifier(name)
            .serverHost(address.host())
            .serverPort(address.port())
            .buildBlocking();
    this.password = password;
    connect();
  }

  /** As often as it takes: the broker may be restarted, or drop who subscribes in haste. */
  private void connect() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .until(this::connectOnce);
  }

  private boolean connectOnce() {
    if (client.getState().isConnected()) {
      client.disconnect();
    }
    var login = client.connectWith().simpleAuth().username(name);
    var complete =
        password.isPresent()
            ? login.password(
                (password.get().isEmpty() ? name : password.get()).getBytes(StandardCharsets.UTF_8))
            : login;
    complete.applySimpleAuth().send();
    client
        .toAsync()
        .subscribeWith()
        .topicFilter(UplinkTopics.ack(name))
        .callback(publish -> take(publish.getPayloadAsBytes()))
        .send()
        .orTimeout(5, TimeUnit.SECONDS)
        .join();
    return true;
  }

  private void take(byte[] frame) {
    try {
      answers.add(UplinkCodec.decodeAnswer(frame));
    } catch (MalformedUplinkException e) {
      throw new AssertionError(e);
    }
  }

  private void publish(String topic, byte[] frame) {
    if (!client.getState().isConnected()) {
      connect();
    }
    client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).payload(frame).send();
  }

  /** In state requests from now on. */
  void declare(StreamDeclaration... streams) {
    declared = List.of(streams);
  }

  /** Sends any bytes; what happens to them is not looked at. */
  void sendRaw(String kind, byte[] frame) {
    publish(UplinkTopics.up(name).replace("/up/", "/" + kind + "/"), frame);
  }

  /** Sends any bytes until an answer fits. */
  Answer sendRaw(String kind, byte[] frame, Predicate<Answer> wanted) {
    for (int attempt = 0; attempt < 20; attempt++) {
      sendRaw(kind, frame);
      Answer answer = poll(Duration.ofSeconds(1));
      if (answer != null && wanted.test(answer)) {
        return answer;
      }
    }
    throw new AssertionError("the awaited answer did not come");
  }

  /** Asks until the owner of the lane answers. */
  Answer ask(long... incarnations) {
    return askOpened(Map.of(), incarnations);
  }

  /**
   * Asks until the owner of the lane answers.
   *
   * @param firstOffsets of the newest opening
   */
  Answer askOpened(Map<StreamPartition, Long> firstOffsets, long... incarnations) {
    var known = new ArrayList<Incarnation>();
    for (int i = 0; i < incarnations.length; i++) {
      known.add(
          new Incarnation(incarnations[i], i == incarnations.length - 1 ? firstOffsets : Map.of()));
    }
    for (int attempt = 0; attempt < 60; attempt++) {
      answers.clear();
      publish(
          UplinkTopics.state(name),
          UplinkCodec.encode(new StateRequest(name, EPOCH, known, "test", declared)));
      Answer answer = poll(Duration.ofMillis(500));
      while (answer != null && answer.verdict() == Answer.Verdict.ASK_FOR_STATE) {
        answer = poll(Duration.ofMillis(500)); // that was told to all when an owner came
      }
      if (answer != null) {
        return answer;
      }
    }
    throw new AssertionError("no answer to a state request");
  }

  void status(GatewayStatus status) {
    publish(UplinkTopics.status(name), UplinkCodec.encode(status));
  }

  void send(Batch batch) {
    publish(UplinkTopics.up(name), UplinkCodec.encode(batch, true));
  }

  /**
   * Sends until an answer fits, as a gateway does: what was not answered in time is sent again
   * after the state was asked for. A bridge that begins anew answers nothing of what it had.
   */
  Answer deliver(Predicate<Answer> wanted, Batch... batches) {
    for (int attempt = 0; attempt < 8; attempt++) {
      for (Batch batch : batches) {
        send(batch);
      }
      long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
      while (System.nanoTime() - end < 0) {
        Answer answer = poll(Duration.ofMillis(200));
        if (answer != null && wanted.test(answer)) {
          return answer;
        }
      }
      Answer state = ask(INCARNATION);
      if (wanted.test(state)) {
        return state;
      }
    }
    throw new AssertionError("the awaited answer did not come");
  }

  Answer deliverUntilSettled(StreamPartition partition, long from, long to, Batch... batches) {
    return deliver(
        answer ->
            answer.settled().stream()
                .anyMatch(settled ->
                    settled.partition().equals(partition) && settled.ranges().covers(from, to)),
        batches);
  }

  private @Nullable Answer poll(Duration limit) {
    try {
      return answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  boolean isConnected() {
    return client.getState().isConnected();
  }

  String name() {
    return name;
  }

  @Override
  public void close() {
    try {
      client.disconnect();
    } catch (MqttClientStateException _) {
      // Its broker is gone.
    }
  }
}
