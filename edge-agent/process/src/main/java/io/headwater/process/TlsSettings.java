package io.headwater.process;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Files of one end of TLS, in PEM form, without passwords. Read anew for each connection, so that a
 * renewed certificate needs no restart.
 *
 * @param ca whom to trust; those that Java trusts if absent
 * @param cert own certificate, its chain behind it
 * @param key of that certificate
 */
public record TlsSettings(Optional<Path> ca, Optional<Path> cert, Optional<Path> key) {
  /** With no file at all. */
  public static final TlsSettings DEFAULTS =
      new TlsSettings(Optional.empty(), Optional.empty(), Optional.empty());

  public TlsSettings {
    if (cert.isPresent() != key.isPresent()) {
      throw new IllegalArgumentException("tls.cert and tls.key belong together: one is missing");
    }
  }

  /** Whether this end shows a certificate of its own. */
  public boolean hasIdentity() {
    return cert.isPresent();
  }
}
