package io.headwater.bridge.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import io.headwater.process.ByteSize;
import io.headwater.process.HostPort;
import io.headwater.process.PasswordFile;
import io.headwater.process.PemFiles;
import io.headwater.process.TlsSettings;
import io.headwater.uplink.UplinkTopics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.moquette.broker.security.IAuthorizatorPolicy;
import io.moquette.broker.subscriptions.Topic;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The embedded broker with real clients: its watchdog, its passwords, its certificates. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class EmbeddedBrokerIT {
  private static final HostPort ANY = new HostPort("127.0.0.1", 0);
  private static final ByteSize MEBIBYTE = ByteSize.ofMebibytes(1);

  @TempDir private Path folder;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final BrokerMetrics metrics = new BrokerMetrics(registry);

  /** Throws in the session thread that asks, as a defect of the broker would. */
  private record Throwing(IAuthorizatorPolicy policy, AtomicBoolean armed)
      implements IAuthorizatorPolicy {
    @Override
    public boolean canWrite(Topic topic, String user, String client) {
      if (user.equals("gw-killer") && armed.compareAndSet(true, false)) {
        throw new IllegalStateException("a session thread is made to die");
      }
      return policy.canWrite(topic, user, client);
    }

    @Override
    public boolean canRead(Topic topic, String user, String client) {
      return policy.canRead(topic, user, client);
    }
  }

  private MoquetteBroker broker(
      Optional<Path> gatewaysFile,
      BrokerWatchdog.Patience patience,
      UnaryOperator<IAuthorizatorPolicy> wrapper) {
    return new MoquetteBroker(
        ANY,
        MEBIBYTE,
        new AccessSettings(Optional.of("the site's secret"), gatewaysFile),
        metrics,
        patience,
        wrapper);
  }

  private static Mqtt5AsyncClient connect(
      HostPort address, String gateway, @Nullable String password, @Nullable TlsSettings tls) {
    var builder =
        MqttClient.builder()
            .useMqttVersion5()
            .identifier("gateway-" + gateway)
            .serverHost("localhost")
            .serverPort(address.port());
    Mqtt5AsyncClient client =
        tls == null
            ? builder.buildAsync()
            : builder
                .sslConfig(
                    MqttClientSslConfig.builder()
                        .trustManagerFactory(PemFiles.trust(tls).orElse(null))
                        .keyManagerFactory(PemFiles.identity(tls).orElse(null))
                        .build())
                .buildAsync();
    var login = client.connectWith().simpleAuth().username(gateway);
    var complete =
        password == null ? login : login.password(password.getBytes(StandardCharsets.UTF_8));
    complete.applySimpleAuth().send().orTimeout(10, TimeUnit.SECONDS).join();
    return client;
  }

  private static void publish(Mqtt5AsyncClient client, String gateway, String text) {
    client
        .publishWith()
        .topic(UplinkTopics.up(gateway))
        .qos(MqttQos.AT_LEAST_ONCE)
        .payload(text.getBytes(StandardCharsets.UTF_8))
        .send();
  }

  private static BrokerClient bridge(MoquetteBroker broker, List<String> received) {
    var client =
        new BrokerClient(
            BrokerTarget.ofSite(
                List.of(broker.loopbackAddress()), Optional.empty(), broker.bridgeCredentials()),
            "b1",
            (_, topic, payload) ->
                received.add(topic.gateway() + " " + new String(payload, StandardCharsets.UTF_8)));
    client.addLanes(List.of(UplinkTopics.lane("gw-1"), UplinkTopics.lane("gw-killer")));
    return client;
  }

  private double restarts(String reason) {
    return registry.get("bridge.broker.restarts").tag("reason", reason).counter().count();
  }

  @Test
  void sessionThreadThatDiesHasTheBrokerStartedAnewAndTrafficFlowsAgain() {
    var armed = new AtomicBoolean();
    var received = new CopyOnWriteArrayList<String>();
    try (MoquetteBroker broker =
            broker(
                Optional.empty(),
                BrokerWatchdog.Patience.DEFAULTS,
                policy -> new Throwing(policy, armed));
        BrokerClient bridge = bridge(broker, received)) {
      flows(broker, bridge, received, "before");
      Mqtt5AsyncClient killer = connect(broker.address(), "gw-killer", null, null);
      armed.set(true);
      publish(killer, "gw-killer", "now");

      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(restarts("session-thread")).isPositive());
      flows(broker, bridge, received, "after");
      assertThat(broker.failed()).isNotDone();
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> assertThat(broker.problem()).isEmpty());
    }
  }

  private static void flows(
      MoquetteBroker broker, BrokerClient bridge, List<String> received, String text) {
    await().atMost(Duration.ofSeconds(30)).until(bridge::isConnected);
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(300))
        .ignoreExceptions()
        .until(() -> {
          Mqtt5AsyncClient gateway = connect(broker.address(), "gw-1", null, null);
          publish(gateway, "gw-1", text);
          await().atMost(Duration.ofSeconds(1)).until(() -> received.contains("gw-1 " + text));
          gateway.disconnect();
          return true;
        });
  }

  @Test
  void brokerThatNeverAnswersIsGivenUpAfterTwoRestarts() {
    try (MoquetteBroker broker =
        broker(
            Optional.empty(),
            new BrokerWatchdog.Patience(Duration.ofMillis(100), 10),
            policy ->
                new IAuthorizatorPolicy() {
                  @Override
                  public boolean canWrite(Topic topic, String user, String client) {
                    return false; // as silent as one whose threads hang
                  }

                  @Override
                  public boolean canRead(Topic topic, String user, String client) {
                    return policy.canRead(topic, user, client);
                  }
                })) {
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(broker.failed()).isCompletedExceptionally());
      assertThat(restarts("silence")).isEqualTo(2);
      assertThatThrownBy(() -> broker.failed().join()).hasMessageContaining("started anew 2 times");
      assertThat(broker.problem()).isPresent();
    }
  }

  @Test
  void passwordsOfTheGatewaysFileCountAndTheFileMayChange() throws Exception {
    Path file = Files.writeString(folder.resolve("gateways"), line("gw-1", "right") + "\n");
    try (MoquetteBroker broker =
        broker(Optional.of(file), BrokerWatchdog.Patience.DEFAULTS, UnaryOperator.identity())) {
      connect(broker.address(), "gw-1", "right", null).disconnect();
      assertThatThrownBy(() -> connect(broker.address(), "gw-1", "wrong", null))
          .hasMessageContaining("BAD_USER_NAME_OR_PASSWORD");
      assertThatThrownBy(() -> connect(broker.address(), "gw-1", null, null))
          .hasMessageContaining("BAD_USER_NAME_OR_PASSWORD");
      assertThatThrownBy(() -> connect(broker.address(), "gw-2", "right", null))
          .hasMessageContaining("BAD_USER_NAME_OR_PASSWORD");

      Files.writeString(file, line("gw-1", "right") + "\n" + line("gw-2", "two"));
      connect(broker.address(), "gw-2", "two", null).disconnect();
      assertThat(registry.get("bridge.broker.refused").tag("reason", "password").counter().count())
          .isEqualTo(3);
    }
  }

  @Test
  void commonNameOfTheCertificateIsTheGateway() throws Exception {
    var site = new TestAuthority(folder, "site");
    var stranger = new TestAuthority(Files.createDirectory(folder.resolve("other")), "stranger");
    TlsSettings server = site.issue("localhost");
    var received = new CopyOnWriteArrayList<String>();
    try (MoquetteBroker broker =
            broker(Optional.empty(), BrokerWatchdog.Patience.DEFAULTS, UnaryOperator.identity());
        TlsFront front = new TlsFront(ANY, server, true, broker, metrics);
        BrokerClient bridge = bridge(broker, received);
        // A peer's client, through TLS, by the site's secret.
        BrokerClient peer =
            new BrokerClient(
                BrokerTarget.ofSite(
                    List.of(new HostPort("localhost", front.address().port())),
                    Optional.of(site.issue("bridge-2")),
                    broker.bridgeCredentials()),
                "b2",
                (_, _, _) -> {})) {
      await().atMost(Duration.ofSeconds(20)).until(bridge::isConnected);
      await().atMost(Duration.ofSeconds(20)).until(peer::isConnected);
      Mqtt5AsyncClient gateway = connect(front.address(), "gw-1", null, site.issue("gw-1"));
      await()
          .atMost(Duration.ofSeconds(20))
          .pollInterval(Duration.ofMillis(300))
          .until(() -> {
            publish(gateway, "gw-1", "by certificate");
            return received.contains("gw-1 by certificate");
          });
      String large = "x".repeat(500_000);
      publish(gateway, "gw-1", large);
      await().atMost(Duration.ofSeconds(20)).until(() -> received.contains("gw-1 " + large));

      // What a certificate says counts, whatever the client calls itself.
      assertThatThrownBy(() -> connect(front.address(), "gw-1", null, site.issue("gw-2")))
          .hasMessageContaining("BAD_USER_NAME_OR_PASSWORD");
      TlsSettings withoutCertificate =
          new TlsSettings(server.ca(), Optional.empty(), Optional.empty());
      assertThatThrownBy(() -> connect(front.address(), "gw-3", null, withoutCertificate))
          .isInstanceOf(RuntimeException.class);
      TlsSettings foreign =
          new TlsSettings(server.ca(), stranger.issue("gw-3").cert(), stranger.issue("gw-3").key());
      assertThatThrownBy(() -> connect(front.address(), "gw-3", null, foreign))
          .isInstanceOf(RuntimeException.class);
      assertThat(gateway.getState().isConnected()).isTrue();
      gateway.disconnect();
    }
  }

  private static String line(String gateway, String password) {
    return PasswordFile.line(gateway, password.getBytes(StandardCharsets.UTF_8));
  }
}
