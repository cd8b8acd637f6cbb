package io.headwater.sim.far;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3Client;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.suback.Mqtt3SubAck;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.suback.Mqtt3SubAckReturnCode;
import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.judge.Arrival;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What an MQTT broker hands to a subscriber. It asks for QoS 2 and keeps a session, so that neither
 * losses nor doubles are this last hop's doing; MQTT 3.1.1, which every broker speaks.
 */
final class MqttTail implements FarEnd {
  private static final int MOST_WAITING = 100_000;
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

  private final Mqtt3AsyncClient client;
  private final BlockingQueue<Arrival> waiting = new ArrayBlockingQueue<>(MOST_WAITING);

  private MqttTail(Mqtt3AsyncClient client) {
    this.client = client;
  }

  static MqttTail open(HostPort broker, String filter, Duration limit, Clock clock) {
    Mqtt3AsyncClient client =
        Mqtt3Client.builder()
            .identifier("headwater-sim-" + UUID.randomUUID().toString().substring(0, 8))
            .serverHost(broker.host())
            .serverPort(broker.port())
            .automaticReconnect()
            .initialDelay(100, TimeUnit.MILLISECONDS)
            .maxDelay(1, TimeUnit.SECONDS)
            .applyAutomaticReconnect()
            .buildAsync();
    var tail = new MqttTail(client);
    client.publishes(MqttGlobalPublishFilter.ALL, publish -> tail.take(publish, clock.millis()));
    try {
      client
          .connectWith()
          .cleanSession(false)
          .send()
          .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
          .join();
      Mqtt3SubAck granted =
          client
              .subscribeWith()
              .topicFilter(filter)
              .qos(MqttQos.EXACTLY_ONCE)
              .send()
              .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
              .join();
      if (granted.getReturnCodes().contains(Mqtt3SubAckReturnCode.FAILURE)) {
        tail.close();
        throw UserError.failure(
            "the MQTT broker at "
                + broker
                + " refuses a subscription to "
                + filter
                + "; choose another filter, or allow it there");
      }
      return tail;
    } catch (CompletionException | IllegalArgumentException e) {
      client.disconnect();
      Throwable cause = e instanceof CompletionException ? e.getCause() : e;
      throw UserError.failure(
          "no MQTT broker answers at " + broker + reason(cause) + "; start it, or name another", e);
    }
  }

  private static String reason(@Nullable Throwable cause) {
    String message = cause == null ? null : cause.getMessage();
    return message == null ? "" : " (" + message + ")";
  }

  /** Called by the client, which reads no further while this waits. */
  private void take(Mqtt3Publish publish, long nowMs) {
    try {
      waiting.put(
          new Arrival(
              nowMs,
              publish.getTopic().toString(),
              null,
              publish.getPayloadAsBytes(),
              null,
              null,
              null));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public List<Arrival> poll(Duration wait) {
    var arrivals = new ArrayList<Arrival>();
    try {
      Arrival first = waiting.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
      if (first != null) {
        arrivals.add(first);
        waiting.drainTo(arrivals);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    return arrivals;
  }

  /** Leaves no session behind, if the broker can still be told. */
  @Override
  public void close() {
    client
        .disconnect()
        .thenCompose(_ -> client.connectWith().cleanSession(true).send())
        .thenCompose(_ -> client.disconnect())
        .exceptionally(_ -> null)
        .completeOnTimeout(null, CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }
}
