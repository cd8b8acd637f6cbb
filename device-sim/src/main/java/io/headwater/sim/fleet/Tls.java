package io.headwater.sim.fleet;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How devices check the broker, and what they show it.
 *
 * @param trust PEM file of the certificates to trust; without it, those that Java trusts
 * @param insecure trust anything
 * @param identity what a device shows when the broker asks
 */
public record Tls(Optional<Path> trust, boolean insecure, Optional<Identity> identity) {
  public Tls {
    if (insecure && trust.isPresent()) {
      throw new IllegalArgumentException("tls-insecure trusts anything, so leave out --tls-trust");
    }
  }

  /**
   * @param certificate PEM file, the device's certificate first
   * @param key PEM file of the private key, PKCS #8 without a password
   */
  public record Identity(Path certificate, Path key) {}

  public static Tls trusting(Path trust) {
    return new Tls(Optional.of(trust), false, Optional.empty());
  }
}
