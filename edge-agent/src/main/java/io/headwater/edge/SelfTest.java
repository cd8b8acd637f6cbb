package io.headwater.edge;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttWebSocketConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.StateChange;
import io.headwater.edge.log.StateWrite;
import io.headwater.edge.mqtt.Admission;
import io.headwater.edge.mqtt.ClientWatch;
import io.headwater.edge.mqtt.Publish;
import io.headwater.edge.mqtt.PublishSink;
import io.headwater.edge.mqtt.Rights;
import io.headwater.edge.mqtt.Transport;
import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes once through each of the agent's ports, and waits until the log has it on disk: an
 * agent that says it is ready has taken something on each way that its sensors go.
 *
 * <p>The probe is a client like any other, whose name is drawn at each start and known to nobody
 * else. What it publishes becomes a mark in the log: no stream, no subscriber and no hub gets it.
 */
final class SelfTest {
  private static final Logger LOGGER = LoggerFactory.getLogger(SelfTest.class);
  private static final long ATTEMPT_MS = 5000;
  private static final long PAUSE_MS = 500;

  /** Within any limit of topics: the probe is known by its name. */
  private static final String TOPIC = "t";

  /** Its client identifier. */
  private final String name;

  private final EdgeLog log;
  private final Duration patience;
  private volatile boolean over;

  /**
   * @param log where the agent's publishes lead
   * @param patience after which a start without success is given up
   */
  SelfTest(EdgeLog log, Duration patience) {
    this.log = log;
    this.patience = patience;
    var random = new byte[16];
    new SecureRandom().nextBytes(random);
    this.name = "self-test-" + HexFormat.of().formatHex(random);
  }

  /** Lets the probe in; the others are for the next to check. */
  Admission admission(Admission next) {
    return login ->
        isProbe(login.clientId())
            ? CompletableFuture.completedFuture(new Admission.Admitted(new ProbeRights()))
            : next.check(login);
  }

  /** Marks the probe's publish in the log. */
  PublishSink sink(PublishSink next) {
    return publish -> isProbe(publish.clientId()) ? mark(publish) : next.offer(publish);
  }

  /** Does not tell of the probe. */
  ClientWatch watch(ClientWatch next) {
    return new ClientWatch() {
      @Override
      public void connected(String clientId) {
        if (!isProbe(clientId)) {
          next.connected(clientId);
        }
      }

      @Override
      public void disconnected(String clientId) {
        if (!clientId.equals(name)) {
          next.disconnected(clientId);
        }
      }
    };
  }

  private boolean isProbe(String clientId) {
    return !over && clientId.equals(name);
  }

  private boolean mark(Publish publish) {
    log.write(
        new StateWrite(
            List.of(new StateChange.Mark()),
            null,
            result -> publish.done().accept(result.outcome())));
    return true;
  }

  /**
   * Waits for all ports.
   *
   * @param addresses where the agent listens
   * @param certificates whether TLS clients need one: the probe has none, so those ports are only
   *     connected to, and where there are no others the log alone is tried
   * @throws UserError if one does not work in time
   */
  void run(Map<Transport, HostPort> addresses, boolean certificates) {
    long started = System.nanoTime();
    int published = 0;
    for (var each : addresses.entrySet()) {
      boolean closed = certificates && each.getKey().isTls();
      HostPort address = reachable(each.getValue());
      await(
          started,
          each.getKey().key() + " " + each.getValue(),
          () -> {
            if (closed) {
              connect(address);
            } else {
              probe(each.getKey(), address);
            }
          });
      published += closed ? 0 : 1;
    }
    if (published == 0) {
      await(started, "the log", this::write);
    }
    over = true;
    LOGGER
        .atInfo()
        .addKeyValue("published", published)
        .addKeyValue("connected", addresses.size() - published)
        .addKeyValue("ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started))
        .log("The self-test of the ports is passed");
  }

  /** What may fail, and how. */
  private interface Attempt {
    void make() throws Exception;
  }

  private void await(long started, String what, Attempt attempt) {
    boolean told = false;
    while (true) {
      try {
        attempt.make();
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw UserError.failure("interrupted in the self-test of " + what, e);
      } catch (Exception e) {
        Throwable cause =
            e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
        if (System.nanoTime() - started > patience.toNanos()) {
          throw UserError.failure(
              "self-test: nothing published through %s was on disk within %d s: %s"
                  .formatted(what, patience.toSeconds(), say(cause)),
              cause);
        }
        if (!told) {
          told = true;
          LOGGER
              .atWarn()
              .addKeyValue("port", what)
              .addKeyValue("error", say(cause))
              .log("The self-test has failed; it is tried again");
        }
        pause();
      }
    }
  }

  private static String say(Throwable cause) {
    return switch (cause) {
      case TimeoutException _ -> "no answer within " + ATTEMPT_MS + " ms";
      case Mqtt5PubAckException refused ->
          "it is refused with " + refused.getMqttMessage().getReasonCode();
      default -> String.valueOf(cause.getMessage());
    };
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Where this machine itself reaches a listener. */
  private static HostPort reachable(HostPort bound) {
    InetSocketAddress address = bound.socketAddress();
    return address.getAddress() != null && address.getAddress().isAnyLocalAddress()
        ? new HostPort(InetAddress.getLoopbackAddress().getHostAddress(), bound.port())
        : bound;
  }

  private static void connect(HostPort address) throws Exception {
    try (var socket = new Socket()) {
      socket.connect(address.socketAddress(), (int) ATTEMPT_MS);
    }
  }

  private void write() throws Exception {
    var outcome = new CompletableFuture<StateWrite.Result>();
    log.write(new StateWrite(List.of(new StateChange.Mark()), null, outcome::complete));
    StateWrite.Result result = outcome.get(ATTEMPT_MS, TimeUnit.MILLISECONDS);
    if (!result.outcome().isTaken()) {
      throw new IllegalStateException("the log answers " + result.outcome());
    }
  }

  private void probe(Transport transport, HostPort address) throws Exception {
    Mqtt5AsyncClient client = client(transport, address);
    try {
      client
          .connectWith()
          .cleanStart(true)
          .sessionExpiryInterval(0)
          .send()
          .get(ATTEMPT_MS, TimeUnit.MILLISECONDS);
      client
          .publishWith()
          .topic(TOPIC)
          .qos(MqttQos.AT_LEAST_ONCE)
          .send()
          .get(ATTEMPT_MS, TimeUnit.MILLISECONDS);
    } finally {
      client.disconnect(); // fails by its future alone, if it was never connected
    }
  }

  private Mqtt5AsyncClient client(Transport transport, HostPort address) {
    var way =
        MqttClient.builder()
            .useMqttVersion5()
            .identifier(name)
            .serverHost(address.host())
            .serverPort(address.port())
            .executorConfig()
            .nettyThreads(1)
            .applyExecutorConfig()
            .transportConfig()
            .socketConnectTimeout(ATTEMPT_MS, TimeUnit.MILLISECONDS)
            .mqttConnectTimeout(ATTEMPT_MS, TimeUnit.MILLISECONDS);
    if (transport.isTls()) {
      // It goes to this very process: there is nobody whose certificate could be looked at.
      way =
          way.sslConfig(
              MqttClientSslConfig.builder()
                  .trustManagerFactory(InsecureTrustManagerFactory.INSTANCE)
                  .hostnameVerifier((_, _) -> true)
                  .handshakeTimeout(ATTEMPT_MS, TimeUnit.MILLISECONDS)
                  .build());
    }
    if (transport.isWebSocket()) {
      way = way.webSocketConfig(MqttWebSocketConfig.builder().serverPath("mqtt").build());
    }
    return way.applyTransportConfig().buildAsync();
  }

  /** It may publish to its topic, and no more. */
  private static final class ProbeRights implements Rights {
    @Override
    public String identity() {
      return "";
    }

    @Override
    public boolean mayPublish(String topic) {
      return topic.equals(TOPIC);
    }

    @Override
    public boolean maySubscribe(String filter) {
      return false;
    }

    @Override
    public boolean mayReceive(String topic) {
      return false;
    }
  }
}
