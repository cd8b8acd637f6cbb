package io.headwater.edge.care;

import io.headwater.process.HostPort;
import io.headwater.process.PemFiles;
import io.headwater.process.TlsSettings;
import io.headwater.process.UserError;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Whether another broker is reached: its name, a TCP connection, and TLS where it is spoken. Nobody
 * logs in: that would take the running agent's place there.
 */
public final class Reach {
  private static final int PATIENCE_MILLIS = 5_000;
  private static final Duration SOON = Duration.ofDays(30);

  private Reach() {}

  /**
   * Looks at one broker.
   *
   * @param what as users call it: {@code bridge}
   */
  public static Finding check(String what, HostPort address, Optional<TlsSettings> tls) {
    String name = what + " " + address;
    InetSocketAddress resolved = address.socketAddress();
    if (resolved.isUnresolved()) {
      return Finding.failed(
          name, "the name '" + address.host() + "' is unknown here; correct it, or look at DNS");
    }
    long begun = System.nanoTime();
    try (var socket = new Socket()) {
      socket.connect(resolved, PATIENCE_MILLIS);
      socket.setSoTimeout(PATIENCE_MILLIS);
      String text =
          "connected to %s in %d ms"
              .formatted(
                  resolved.getAddress().getHostAddress(),
                  Duration.ofNanos(System.nanoTime() - begun).toMillis());
      return tls.isEmpty()
          ? Finding.ok(name, text)
          : Finding.ok(name, text + "; " + handshake(socket, address, tls.get()));
    } catch (SSLException e) {
      return Finding.failed(name, "TLS fails: " + e.getMessage());
    } catch (UserError e) {
      return Finding.failed(name, String.valueOf(e.getMessage()));
    } catch (IOException | GeneralSecurityException e) {
      return Finding.failed(
          name, "nobody answers (" + e.getMessage() + "); is it started, is a firewall between?");
    }
  }

  private static String handshake(Socket plain, HostPort address, TlsSettings tls)
      throws IOException, GeneralSecurityException {
    var context = SSLContext.getInstance("TLS");
    context.init(
        keys(PemFiles.identity(tls).orElse(null)), trusted(PemFiles.trust(tls).orElse(null)), null);
    try (var socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(plain, address.host(), address.port(), false)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return socket.getSession().getProtocol();
    }
  }

  private static KeyManager @Nullable [] keys(@Nullable KeyManagerFactory factory) {
    return factory == null ? null : factory.getKeyManagers();
  }

  private static TrustManager @Nullable [] trusted(@Nullable TrustManagerFactory factory) {
    return factory == null ? null : factory.getTrustManagers();
  }

  /**
   * How long the own certificate still lasts.
   *
   * @param key of the configuration: {@code uplink.tls}
   * @return empty if there is none
   */
  public static List<Finding> certificate(String key, TlsSettings tls, Instant now) {
    try {
      Optional<Instant> end = PemFiles.notAfter(tls);
      if (end.isEmpty()) {
        return List.of();
      }
      String text = "the certificate of " + key + " ends at " + end.get();
      if (now.isAfter(end.get())) {
        return List.of(Finding.failed(key, text + ": renew it, or set the clock"));
      }
      return List.of(
          now.plus(SOON).isAfter(end.get())
              ? Finding.warning(key, text + ": renew it")
              : Finding.ok(key, text));
    } catch (UserError e) {
      return List.of(Finding.failed(key, String.valueOf(e.getMessage())));
    }
  }
}
