package io.headwater.sim.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.process.HostPort;
import io.headwater.process.UserError;
import io.headwater.sim.fleet.FleetSettings.Broker;
import io.headwater.sim.fleet.FleetSettings.Client;
import io.headwater.sim.fleet.FleetSettings.Protocol;
import io.headwater.sim.fleet.FleetSettings.Version;
import io.headwater.sim.judge.Ledger;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class FleetTlsTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  @TempDir private static Path folder;

  /** Certificate and key, in Java's objects and as PEM files. */
  private record Identity(
      X509Certificate certificate, PrivateKey key, Path certificateFile, Path keyFile) {}

  private static @Nullable Identity madeIdentity;

  private static Identity identity() {
    if (madeIdentity == null) {
      throw new IllegalStateException();
    }
    return madeIdentity;
  }

  @BeforeAll
  static void makeCertificate() throws Exception {
    Path store = folder.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "self",
                "-keyalg",
                "EC",
                "-dname",
                "CN=broker",
                "-ext",
                "san=ip:127.0.0.1",
                "-keystore",
                store.toString(),
                "-storepass",
                "changeit")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.out").toFile())
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "changeit".toCharArray());
    }
    var certificate = (X509Certificate) keys.getCertificate("self");
    var key = (PrivateKey) keys.getKey("self", "changeit".toCharArray());
    madeIdentity =
        new Identity(
            certificate,
            key,
            pem("CERTIFICATE", certificate.getEncoded()),
            pem("PRIVATE KEY", key.getEncoded()));
  }

  private static Path pem(String what, byte[] bytes) throws IOException {
    return Files.writeString(
        folder.resolve(what.replace(' ', '-') + ".pem"),
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(what, Base64.getMimeEncoder().encodeToString(bytes), what));
  }

  private static SslContext server(ClientAuth clientAuth)
      throws GeneralSecurityException, IOException {
    return SslContextBuilder.forServer(identity().key(), identity().certificate())
        .trustManager(identity().certificate())
        .clientAuth(clientAuth)
        .build();
  }

  private static FleetSettings settings(HostPort broker, Client client, Tls tls) {
    return FleetSettings.of(broker, "sim-s-", 3, 100, "sensors/demo", 7)
        .with(new Protocol(Version.V5, 1, client))
        .with(new Broker(broker, Optional.of(tls), Optional.empty()));
  }

  private static void publishes(FleetSettings settings) {
    try (var fleet = new Fleet(settings, new Ledger(), Clock.systemUTC())) {
      fleet.connect(LIMIT);
      fleet.begin();
      Awaitility.await().atMost(LIMIT).until(() -> fleet.counts().acknowledged() >= 20);
    }
  }

  private static void failsWith(FleetSettings settings, String... parts) {
    assertThatThrownBy(
            () -> {
              try (var fleet = new Fleet(settings, new Ledger(), Clock.systemUTC())) {
                fleet.connect(LIMIT);
              }
            })
        .isInstanceOf(UserError.class)
        .hasMessageNotContaining("\n")
        .hasMessageContainingAll(parts);
  }

  private static Tls insecure() {
    return new Tls(Optional.empty(), true, Optional.empty());
  }

  @ParameterizedTest
  @EnumSource(Client.class)
  void publishesWhereTheCertificateIsTrusted(Client client) throws Exception {
    try (var broker = new SessionBroker(server(ClientAuth.NONE))) {
      publishes(settings(broker.address(), client, Tls.trusting(identity().certificateFile())));
      publishes(settings(broker.address(), client, insecure()));
    }
  }

  @ParameterizedTest
  @EnumSource(Client.class)
  void namesTheOptionThatWouldTrustTheBroker(Client client) throws Exception {
    try (var broker = new SessionBroker(server(ClientAuth.NONE))) {
      failsWith(
          settings(broker.address(), client, new Tls(Optional.empty(), false, Optional.empty())),
          "the TLS handshake with " + broker.address() + " failed",
          "--tls-trust");
    }
  }

  @ParameterizedTest
  @EnumSource(Client.class)
  void checksTheNameUnlessItTrustsAnything(Client client) throws Exception {
    try (var broker = new SessionBroker(server(ClientAuth.NONE))) {
      var byName = new HostPort("localhost", broker.address().port());
      failsWith(
          settings(byName, client, Tls.trusting(identity().certificateFile())),
          "the TLS handshake with " + byName + " failed");
      publishes(settings(byName, client, insecure()));
    }
  }

  @ParameterizedTest
  @EnumSource(Client.class)
  void showsItsCertificateWhenTheBrokerAsks(Client client) throws Exception {
    try (var broker = new SessionBroker(server(ClientAuth.REQUIRE))) {
      publishes(
          settings(
              broker.address(),
              client,
              new Tls(
                  Optional.of(identity().certificateFile()),
                  false,
                  Optional.of(
                      new Tls.Identity(identity().certificateFile(), identity().keyFile())))));
    }
  }

  @Test
  void namesTheOptionThatWouldShowACertificate() throws Exception {
    try (var broker = new SessionBroker(server(ClientAuth.REQUIRE))) {
      failsWith(settings(broker.address(), Client.NETTY, insecure()), "--tls-cert and --tls-key");
    }
  }

  @Test
  void namesAPortThatDoesNotSpeakTls() {
    try (var broker = new SessionBroker();
        var fleet =
            new Fleet(
                settings(broker.address(), Client.NETTY, insecure()),
                new Ledger(),
                Clock.systemUTC())) {
      // That may be a broker that just starts, so this waits.
      assertThatThrownBy(() -> fleet.connect(Duration.ofSeconds(1)))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("at " + broker.address() + " (")
          .hasMessageContaining("TLS");
    }
  }

  @Test
  void namesFilesThatCannotBeUsed() {
    var nowhere = new HostPort("127.0.0.1", 1);
    Path missing = folder.resolve("missing.pem");
    failsWith(
        settings(nowhere, Client.NETTY, Tls.trusting(missing)),
        "--tls-trust: cannot use " + missing + ": no such file");
    failsWith(
        settings(nowhere, Client.NETTY, Tls.trusting(identity().keyFile())),
        "--tls-trust:",
        identity().keyFile().toString());
    failsWith(
        settings(
            nowhere,
            Client.HIVEMQ,
            new Tls(
                Optional.empty(),
                true,
                Optional.of(
                    new Tls.Identity(identity().certificateFile(), identity().certificateFile())))),
        "--tls-key:",
        "holds no PRIVATE KEY");
  }
}
