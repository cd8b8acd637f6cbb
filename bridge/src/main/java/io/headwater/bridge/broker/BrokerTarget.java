package io.headwater.bridge.broker;

import io.headwater.process.HostPort;
import io.headwater.process.PemFiles;
import io.headwater.process.TlsSettings;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A broker to be a client of.
 *
 * @param addresses tried in turn
 * @param credentials asked for at each connection, so that a changed file needs no restart
 */
public record BrokerTarget(
    List<HostPort> addresses,
    Optional<TlsSettings> tls,
    Supplier<Optional<EmbeddedBroker.Credentials>> credentials) {
  public BrokerTarget {
    addresses = List.copyOf(addresses);
  }

  /** The bridge's own broker, or a peer's, by the secret that they share. */
  public static BrokerTarget ofSite(
      List<HostPort> addresses,
      Optional<TlsSettings> tls,
      EmbeddedBroker.Credentials siteCredentials) {
    return new BrokerTarget(addresses, tls, () -> Optional.of(siteCredentials));
  }

  /** One of the configured list. */
  public static BrokerTarget of(
      BrokerSettings settings, EmbeddedBroker.Credentials siteCredentials) {
    if (settings.user().isEmpty()) {
      return settings.tls().isPresent() && settings.tls().get().hasIdentity()
          ? new BrokerTarget(settings.addresses(), settings.tls(), Optional::empty)
          : ofSite(settings.addresses(), settings.tls(), siteCredentials);
    }
    String user = settings.user().get();
    return new BrokerTarget(
        settings.addresses(),
        settings.tls(),
        () ->
            Optional.of(
                new EmbeddedBroker.Credentials(
                    user,
                    settings
                        .passwordFile()
                        .map(file -> PemFiles.secret("password-file", file))
                        .orElse(""))));
  }

  /** For logs and for telling brokers apart. */
  public String name() {
    return String.join(",", addresses.stream().map(HostPort::toString).toList());
  }
}
