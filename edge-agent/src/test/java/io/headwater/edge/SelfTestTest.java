package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.Append;
import io.headwater.edge.log.EdgeLog;
import io.headwater.edge.log.EdgeLogMetrics;
import io.headwater.edge.log.LogSettings;
import io.headwater.edge.mqtt.Admission;
import io.headwater.edge.mqtt.ClientWatch;
import io.headwater.edge.mqtt.LocalDelivery;
import io.headwater.edge.mqtt.MqttListener;
import io.headwater.edge.mqtt.MqttMetrics;
import io.headwater.edge.mqtt.MqttSettings;
import io.headwater.edge.mqtt.PublishSink;
import io.headwater.edge.mqtt.Transport;
import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The probe gets in where nobody else does, leaves no reading, and fails in words. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SelfTestTest {
  @TempDir private Path folder;
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private EdgeLog log;

  @BeforeEach
  void open() {
    log = EdgeLog.open(folder, LogSettings.DEFAULTS, new EdgeLogMetrics(registry));
  }

  @AfterEach
  void close() {
    log.close();
  }

  /** One that lets nobody in, and whose log takes nothing, but for the probe. */
  private MqttListener listen(SelfTest test, PublishSink sink) {
    Admission nobody =
        login -> {
          seen.add("login " + login.clientId());
          return CompletableFuture.completedFuture(
              new Admission.Refused(Admission.Reason.NOT_AUTHORIZED, "nobody"));
        };
    var watch =
        new ClientWatch() {
          @Override
          public void connected(String clientId) {
            seen.add("connected " + clientId);
          }

          @Override
          public void disconnected(String clientId) {
            seen.add("disconnected " + clientId);
          }
        };
    return new MqttListener(
        MqttListener.Endpoints.of(new HostPort("127.0.0.1", 0)),
        MqttSettings.DEFAULTS,
        sink,
        new LocalDelivery(),
        log,
        test.watch(watch),
        test.admission(nobody),
        DeviceClock.of(Clock.systemUTC()),
        new MqttMetrics(registry));
  }

  private double commits() {
    return registry.get("edge.log.commit").timer().count();
  }

  @Test
  void probeIsCommittedAndIsNoReading() {
    var test = new SelfTest(log, Duration.ofSeconds(20));
    try (MqttListener listener = listen(test, test.sink(_ -> false))) {
      double before = commits();
      test.run(listener.addresses(), false);
      assertThat(commits()).isGreaterThan(before);
    }
    assertThat(seen).isEmpty();
    assertThat(log.ends()).isEmpty();
    assertThat(log.depth()).isZero();
  }

  @Test
  void nobodyElseGetsInByItsName() throws IOException {
    var test = new SelfTest(log, Duration.ofSeconds(20));
    try (MqttListener listener = listen(test, test.sink(_ -> false))) {
      test.run(listener.addresses(), false);
      var other = new SelfTest(log, Duration.ofMillis(1));
      assertThatThrownBy(() -> other.run(listener.addresses(), false))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("self-test: nothing published through mqtt 127.0.0.1:")
          .hasMessageContaining("NOT_AUTHORIZED");
      assertThat(seen).hasSize(1);
    }
  }

  @Test
  void logThatTakesNothingFailsTheStart() {
    var test = new SelfTest(log, Duration.ofMillis(100));
    PublishSink refusing =
        publish -> {
          publish.done().accept(Append.Outcome.DISK_FULL);
          return true;
        };
    try (MqttListener listener = listen(test, refusing)) {
      assertThatThrownBy(() -> test.run(listener.addresses(), false))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("QUOTA_EXCEEDED");
    }
  }

  @Test
  void portsForCertificatesAreConnectedToAndTheLogIsTried() throws IOException {
    var test = new SelfTest(log, Duration.ofMillis(100));
    try (var port = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      double before = commits();
      test.run(Map.of(Transport.TLS, new HostPort("127.0.0.1", port.getLocalPort())), true);
      try (Socket connected = port.accept()) {
        assertThat(connected.isConnected()).isTrue();
      }
      assertThat(commits()).isGreaterThan(before);
    }
  }
}
