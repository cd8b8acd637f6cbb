package io.headwater.bridge.broker;

import io.headwater.process.HostPort;
import io.headwater.process.TlsSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A broker in the bridge's list.
 *
 * @param addresses of one and the same broker or cluster; the next is tried when one is away
 * @param tls if it is spoken there
 * @param user absent for a peer's embedded broker, which knows the site's secret
 * @param passwordFile its first line is the user's password
 */
public record BrokerSettings(
    List<HostPort> addresses,
    Optional<TlsSettings> tls,
    Optional<String> user,
    Optional<Path> passwordFile) {
  public BrokerSettings {
    addresses = List.copyOf(addresses);
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("a broker needs at least one address");
    }
    if (passwordFile.isPresent() && user.isEmpty()) {
      throw new IllegalArgumentException("password-file without a user");
    }
  }

  /** The short form: an address. */
  public static BrokerSettings parse(String address) {
    return new BrokerSettings(
        List.of(HostPort.parse(address)), Optional.empty(), Optional.empty(), Optional.empty());
  }
}
