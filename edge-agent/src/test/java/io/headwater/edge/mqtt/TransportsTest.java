package io.headwater.edge.mqtt;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttClientSslConfigBuilder;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.MqttWebSocketConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogSettings;
import io.headwater.process.HostPort;
import io.headwater.process.PemFiles;
import io.headwater.process.TlsSettings;
import io.headwater.process.UserError;
import io.headwater.testsupport.CertificateAuthority;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** TLS, certificates and WebSocket, by a real client and by raw bytes. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class TransportsTest {
  @TempDir private static Path folder;
  @TempDir private Path logs;
  private static CertificateAuthority site;
  private static CertificateAuthority other;

  private final List<String> published = new CopyOnWriteArrayList<>();
  private final List<Admission.Login> logins = new CopyOnWriteArrayList<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private ExecutorService workers;
  private ServerTls tls;
  private EdgeLog log;
  private MqttListener listener;

  @BeforeAll
  static void authorities() {
    site = new CertificateAuthority(folder, "site");
    other = new CertificateAuthority(folder, "other");
  }

  @BeforeEach
  void listen() {
    workers = Executors.newFixedThreadPool(2);
    tls = new ServerTls(settings(site.issue("agent")), false, workers, Duration.ofSeconds(10));
    var any = new HostPort("127.0.0.1", 0);
    log = EdgeLog.open(logs, LogSettings.DEFAULTS, new EdgeLogMetrics(new SimpleMeterRegistry()));
    listener =
        new MqttListener(
            new MqttListener.Endpoints(
                Arrays.stream(Transport.values()).map(each -> new Endpoint(each, any)).toList(),
                Optional.of(tls),
                List.of("https://dashboard.example")),
            MqttSettings.DEFAULTS,
            publish -> {
              published.add(publish.topic() + "=" + publish.payload().length);
              return TestServer.append(log, publish);
            },
            new LocalDelivery(),
            log,
            ClientWatch.NONE,
            login -> {
              logins.add(login);
              return CompletableFuture.completedFuture(new Admission.Admitted(Rights.ALL));
            },
            DeviceClock.of(Clock.systemUTC()),
            new MqttMetrics(registry));
  }

  @AfterEach
  void close() {
    listener.close();
    log.close();
    workers.shutdownNow();
  }

  private static TlsSettings settings(CertificateAuthority.Issued issued) {
    return new TlsSettings(
        Optional.of(issued.ca()), Optional.of(issued.certificate()), Optional.of(issued.key()));
  }

  private int port(Transport transport) {
    return requireNonNull(listener.addresses().get(transport)).port();
  }

  private Mqtt5ClientBuilder client(Transport transport) {
    return MqttClient.builder()
        .useMqttVersion5()
        .identifier("device")
        .serverHost("localhost")
        .serverPort(port(transport));
  }

  private static MqttClientSslConfig trusting(
      CertificateAuthority authority, Optional<CertificateAuthority.Issued> own) {
    MqttClientSslConfigBuilder config =
        MqttClientSslConfig.builder()
            .trustManagerFactory(PemFiles.trust("ca", authority.certificate()));
    return own.map(issued ->
            config.keyManagerFactory(
                PemFiles.identity("cert", issued.certificate(), "key", issued.key())))
        .orElse(config)
        .build();
  }

  private static MqttWebSocketConfig webSocket() {
    return MqttWebSocketConfig.builder().serverPath("mqtt").subprotocol("mqtt").build();
  }

  private void exchanges(Mqtt5BlockingClient client) throws InterruptedException {
    client.connect();
    try (var received = client.publishes(MqttGlobalPublishFilter.ALL)) {
      client.subscribeWith().topicFilter("t/#").qos(MqttQos.AT_LEAST_ONCE).send();
      for (int size : new int[] {0, 10, 100_000}) {
        client
            .publishWith()
            .topic("t/" + size)
            .qos(MqttQos.AT_LEAST_ONCE)
            .payload(new byte[size])
            .send();
        assertThat(received.receive(10, TimeUnit.SECONDS).orElseThrow().getPayloadAsBytes())
            .hasSize(size);
      }
    }
    client.disconnect();
    assertThat(published).containsExactly("t/0=0", "t/10=10", "t/100000=100000");
  }

  @Test
  void mqttOverTls() throws Exception {
    exchanges(client(Transport.TLS).sslConfig(trusting(site, Optional.empty())).buildBlocking());
    assertThat(logins.getFirst().certificate()).isNull();
  }

  @Test
  void mqttOverTlsWithACertificateOfTheClient() throws Exception {
    exchanges(
        client(Transport.TLS)
            .sslConfig(trusting(site, Optional.of(site.issue("sensor-7"))))
            .buildBlocking());
    assertThat(requireNonNull(logins.getFirst().certificate()).getSubjectX500Principal().getName())
        .isEqualTo("CN=sensor-7");
  }

  @Test
  void mqttOverWebSocket() throws Exception {
    exchanges(client(Transport.WEBSOCKET).webSocketConfig(webSocket()).buildBlocking());
  }

  @Test
  void mqttOverWebSocketAndTlsWithACertificate() throws Exception {
    exchanges(
        client(Transport.WEBSOCKET_TLS)
            .webSocketConfig(webSocket())
            .sslConfig(trusting(site, Optional.of(site.issue("sensor-8"))))
            .buildBlocking());
    assertThat(requireNonNull(logins.getFirst().certificate()).getSubjectX500Principal().getName())
        .isEqualTo("CN=sensor-8");
  }

  @Test
  void whereCertificatesAreNeededThoseOfAnotherAuthorityDoNotDo() {
    tls.prepare(settings(site.issue("agent")), true).run();
    Mqtt5BlockingClient stranger =
        client(Transport.TLS)
            .sslConfig(trusting(site, Optional.of(other.issue("sensor-7"))))
            .buildBlocking();
    assertThatThrownBy(stranger::connect).isNotNull();
    assertThat(logins).isEmpty();
    await()
        .untilAsserted(() ->
            assertThat(registry.counter("edge.mqtt.refused", "reason", "tls").count()).isOne());
  }

  @Test
  void renewedCertificateCountsForNewConnections() throws Exception {
    Path certificate = folder.resolve("renewed.crt");
    Path key = folder.resolve("renewed.key");
    copy(site.issue("agent"), certificate, key);
    var files =
        new TlsSettings(
            Optional.of(site.certificate()), Optional.of(certificate), Optional.of(key));
    tls.prepare(files, false).run();
    Mqtt5BlockingClient connected =
        client(Transport.TLS).sslConfig(trusting(site, Optional.empty())).buildBlocking();
    connected.connect();

    copy(other.issue("agent"), certificate, key);
    tls.prepare(files, false).run();

    Mqtt5BlockingClient fresh =
        client(Transport.TLS)
            .identifier("fresh")
            .sslConfig(trusting(other, Optional.empty()))
            .buildBlocking();
    fresh.connect();
    connected.publishWith().topic("t").qos(MqttQos.AT_LEAST_ONCE).send();
    Files.writeString(key, "no key");
    assertThatThrownBy(() -> tls.prepare(files, false))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(key.toString());
    fresh.publishWith().topic("t").qos(MqttQos.AT_LEAST_ONCE).send();
    fresh.disconnect();
    fresh.connect();
    fresh.disconnect();
    connected.disconnect();
    assertThat(published).hasSize(2);
  }

  private static void copy(CertificateAuthority.Issued from, Path certificate, Path key)
      throws IOException {
    Files.copy(from.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
    Files.copy(from.key(), key, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Raw HTTP over the WebSocket port. */
  private final class Http implements AutoCloseable {
    private final Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), port(Transport.WEBSOCKET));

    Http() throws IOException {
      socket.setSoTimeout(10_000);
    }

    String ask(String... headers) throws IOException {
      String request =
          "GET /mqtt HTTP/1.1\r\nHost: agent:9001\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return line();
    }

    private String line() throws IOException {
      var line = new ByteArrayOutputStream();
      int next = socket.getInputStream().read();
      while (next >= 0 && next != '\n') {
        line.write(next);
        next = socket.getInputStream().read();
      }
      return line.toString(StandardCharsets.US_ASCII).strip();
    }

    void skipHeaders() throws IOException {
      while (!line().isEmpty()) {
        // next
      }
    }

    /** A frame as clients send it: masked, by a mask of zeros. */
    void frame(int first, byte[] payload) throws IOException {
      var frame = new ByteArrayOutputStream();
      frame.write(first);
      frame.write(0x80 | payload.length);
      frame.writeBytes(new byte[4]);
      frame.writeBytes(payload);
      socket.getOutputStream().write(frame.toByteArray());
    }

    String receive(int bytes) throws IOException {
      return HexFormat.of().formatHex(socket.getInputStream().readNBytes(bytes));
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static final String[] UPGRADE = {
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: other, mqtt"
  };

  private static String[] upgrade(String... more) {
    var all = Arrays.copyOf(UPGRADE, UPGRADE.length + more.length);
    System.arraycopy(more, 0, all, UPGRADE.length, more.length);
    return all;
  }

  @Test
  void packetsDoNotRespectTheBordersOfFrames() throws Exception {
    try (var http = new Http()) {
      assertThat(http.ask(UPGRADE)).contains("101");
      http.skipHeaders();
      byte[] connect = RawClient.connect(4, "a");
      byte[] publish = RawClient.publish(4, 1, 1, "t", "xyz");
      http.frame(0x02, Arrays.copyOf(connect, 5)); // binary, more follows
      http.frame(0x80, Arrays.copyOfRange(connect, 5, connect.length)); // its end
      assertThat(http.receive(6)).isEqualTo("8204" + "20020000");
      http.frame(0x89, new byte[0]); // WebSocket's ping
      assertThat(http.receive(2)).isEqualTo("8a00");
      byte[] two = Arrays.copyOf(publish, publish.length * 2);
      System.arraycopy(publish, 0, two, publish.length, publish.length);
      http.frame(0x82, two);
      assertThat(http.receive(12)).isEqualTo("8204" + "40020001" + "8204" + "40020001");
    }
    assertThat(published).containsExactly("t=3", "t=3");
  }

  @Test
  void textFramesEndTheConnection() throws Exception {
    try (var http = new Http()) {
      http.ask(UPGRADE);
      http.skipHeaders();
      http.frame(0x81, RawClient.connect(4, "a"));
      assertThat(http.receive(4)).as("closed by 1003").startsWith("88").endsWith("03eb");
    }
    assertThat(logins).isEmpty();
  }

  @Test
  void whatIsNotMqttOverWebSocketIsAnsweredAsHttpDoes() throws Exception {
    try (var http = new Http()) {
      assertThat(http.ask("Accept: */*")).contains("426");
    }
    try (var http = new Http()) {
      assertThat(http.ask(Arrays.copyOf(UPGRADE, UPGRADE.length - 1))).contains("400");
    }
    try (var http = new Http()) {
      assertThat(http.ask(upgrade("Origin: https://evil.example"))).contains("403");
    }
    for (String origin : List.of("https://dashboard.example", "http://agent:9001")) {
      try (var http = new Http()) {
        assertThat(http.ask(upgrade("Origin: " + origin))).as(origin).contains("101");
      }
    }
    assertThat(registry.counter("edge.mqtt.refused", "reason", "websocket").count()).isEqualTo(3);
  }
}
