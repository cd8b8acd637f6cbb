package io.headwater.sim;

import com.hivemq.client.mqtt.MqttClientState;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import io.headwater.process.HostPort;
import io.headwater.process.Threads;
import io.headwater.sim.judge.Ledger;
import io.headwater.sim.reading.Reading;
import java.time.Clock;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A device that uses a client library, over MQTT 5: one reading after the other, each until it is
 * acknowledged.
 */
final class HivemqDevice implements AutoCloseable {
  private final Mqtt5AsyncClient client;
  private final String name;
  private final Ledger.Account account;
  private final Thread thread;
  private volatile boolean stopping;

  HivemqDevice(HostPort broker, String name, Ledger ledger) {
    this.name = name;
    account = ledger.account(name);
    client =
        Mqtt5Client.builder()
            .identifier(name)
            .serverHost(broker.host())
            .serverPort(broker.port())
            .automaticReconnect()
            .initialDelay(100, TimeUnit.MILLISECONDS)
            .maxDelay(1, TimeUnit.SECONDS)
            .applyAutomaticReconnect()
            .buildAsync();
    client.connectWith().cleanStart(true).sessionExpiryInterval(0).send().join();
    thread = Threads.start("test-hivemq-0", this::run);
  }

  private void run() {
    for (long sequence = 1; !stopping; sequence++) {
      for (int attempt = 1; !publish(sequence, attempt); attempt++) {
        pause(100);
      }
      pause(20);
    }
  }

  private boolean publish(long sequence, int attempt) {
    while (client.getState() != MqttClientState.CONNECTED) {
      pause(20);
    }
    account.published(sequence, attempt);
    try {
      client
          .publishWith()
          .topic("sensors/lab/" + name + "/temperature")
          .qos(MqttQos.AT_LEAST_ONCE)
          .payload(
              new Reading(name, sequence, attempt, Clock.systemUTC().millis(), "21.5").encode())
          .send()
          .get(10, TimeUnit.SECONDS);
      account.acknowledged(sequence, attempt);
      return true;
    } catch (ExecutionException | TimeoutException _) {
      return false; // the connection broke: a new attempt
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns when the reading under way is acknowledged. */
  void stop() {
    stopping = true;
    try {
      thread.join(20_000);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (thread.isAlive()) {
      throw new AssertionError("the last reading of " + name + " is not acknowledged");
    }
  }

  @Override
  public void close() {
    client.disconnect();
  }
}
