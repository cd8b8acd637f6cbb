package io.headwater.bridge.broker;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import io.headwater.process.HostPort;
import io.headwater.process.Threads;
import io.headwater.process.UserError;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that every session thread of the embedded broker works: one client for each of them
 * sends itself a message over and over. Without an echo, or when a thread is known to have died,
 * the broker is started anew; when that has not helped twice, it is given up.
 *
 * <p>Time is counted in turns of its own thread, {@code bridge-broker-watchdog-0}, so that a
 * process that was stopped for a while does not blame the broker.
 */
final class BrokerWatchdog implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(BrokerWatchdog.class);
  private static final int RESTARTS_IN_VAIN = 2;
  private static final long RESTART_SECONDS = 30;

  /**
   * How long it waits.
   *
   * @param turn between two messages
   * @param silentTurns without an echo until the broker is started anew
   */
  record Patience(Duration turn, int silentTurns) {
    static final Patience DEFAULTS = new Patience(Duration.ofSeconds(1), 10);
  }

  /** A client that hears itself; confined to the watchdog's thread but for what is volatile. */
  private static final class Probe {
    private final Mqtt5AsyncClient client;
    private final String topic;
    private final String secret;
    private volatile boolean heard;
    private volatile boolean subscribed;
    private boolean everHeard;
    private int silentTurns;

    Probe(HostPort address, String clientId, String secret) {
      this.secret = secret;
      topic = GatewayAccess.PROBE_TOPICS + clientId;
      client =
          MqttClient.builder()
              .useMqttVersion5()
              .identifier(clientId)
              .serverHost(address.host())
              .serverPort(address.port())
              .executorConfig()
              .nettyThreads(1)
              .applyExecutorConfig()
              .addDisconnectedListener(_ -> subscribed = false)
              .buildAsync();
    }

    void turn() {
      if (heard) {
        heard = false;
        everHeard = true;
        silentTurns = 0;
      } else {
        silentTurns++;
      }
      if (client.getState().isConnected()) {
        if (subscribed) {
          client.publishWith().topic(topic).send();
        } else {
          client
              .subscribeWith()
              .topicFilter(topic)
              .callback(_ -> heard = true)
              .send()
              .thenRun(() -> subscribed = true);
        }
      } else if (!client.getState().isConnectedOrReconnect()) {
        client
            .connectWith()
            .simpleAuth()
            .username(GatewayAccess.PROBE_USER)
            .password(secret.getBytes(StandardCharsets.UTF_8))
            .applySimpleAuth()
            .send();
      }
    }
  }

  private final HostPort address;
  private final String secret;
  private final Patience patience;
  private final Runnable restart;
  private final BrokerMetrics metrics;
  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Threads.factory("bridge-broker-watchdog"));
  private volatile @Nullable String problem;

  // Confined to the thread.
  private List<Probe> probes = List.of();
  private int restarts;

  /**
   * Begins to watch.
   *
   * @param restart stops and starts the broker; throws if it cannot
   */
  BrokerWatchdog(
      HostPort address, String secret, Patience patience, Runnable restart, BrokerMetrics metrics) {
    this.address = address;
    this.secret = secret;
    this.patience = patience;
    this.restart = restart;
    this.metrics = metrics;
    probes = probes();
    long millis = patience.turn().toMillis();
    thread.scheduleWithFixedDelay(this::turn, millis, millis, TimeUnit.MILLISECONDS);
  }

  /** One for each session thread: the broker chooses the thread by the client's identifier. */
  private List<Probe> probes() {
    int threads = Runtime.getRuntime().availableProcessors();
    var made = new ArrayList<Probe>();
    for (int loop = 0; loop < threads; loop++) {
      int number = 0;
      // Of a hash that is not negative, the broker takes the remainder.
      while (("probe-" + number).hashCode() < 0
          || ("probe-" + number).hashCode() % threads != loop) {
        number++;
      }
      made.add(new Probe(address, "probe-" + number, secret));
    }
    return made;
  }

  /** The broker itself has noticed. */
  void sessionThreadDied() {
    try {
      thread.execute(() -> startAnew("session-thread"));
    } catch (RejectedExecutionException _) {
      // Closed meanwhile.
    }
  }

  private void turn() {
    try {
      probes.forEach(Probe::turn);
      if (probes.stream().anyMatch(probe -> probe.silentTurns >= patience.silentTurns())) {
        startAnew("silence");
      } else if (probes.stream().allMatch(probe -> probe.everHeard)) {
        restarts = 0;
        problem = null;
      }
    } catch (RuntimeException e) {
      LOGGER.atError().setCause(e).log("A turn of the broker's watchdog failed");
    }
  }

  private void startAnew(String reason) {
    if (failed.isDone()) {
      return;
    }
    if (restarts >= RESTARTS_IN_VAIN) {
      giveUp("it was started anew " + restarts + " times and still does not answer");
      return;
    }
    restarts++;
    metrics.restarted(1, reason);
    problem = "the embedded broker is started anew: " + reason;
    LOGGER.atWarn().addKeyValue("reason", reason).log("The embedded broker is started anew");
    probes.forEach(probe -> probe.client.disconnect());
    try {
      CompletableFuture.runAsync(restart, body -> Threads.start("bridge-broker-restart-0", body))
          .get(RESTART_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return;
    } catch (Exception e) {
      giveUp("it cannot be started anew: " + e.getMessage());
      return;
    }
    probes = probes();
  }

  private void giveUp(String why) {
    problem = "the embedded broker does not work: " + why;
    failed.completeExceptionally(
        UserError.failure("the embedded broker at " + address + " does not work: " + why));
  }

  /** Completes exceptionally when restarts do not help. */
  CompletableFuture<Void> failed() {
    return failed;
  }

  Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  @Override
  public void close() {
    thread.shutdownNow();
    probes.forEach(probe -> probe.client.disconnect());
  }
}
