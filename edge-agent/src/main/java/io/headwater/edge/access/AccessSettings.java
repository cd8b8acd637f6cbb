package io.headwater.edge.access;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Who may connect to the MQTT server.
 *
 * @param passwordFile users and their hashed passwords; without one user names are not looked at
 * @param aclFile what users may publish and receive; without one everything
 * @param allowAnonymous where clients are let in that prove no name
 * @param certificates whether clients show certificates, where TLS is spoken
 * @param certificateName which of a certificate's names is the user's
 */
public record AccessSettings(
    Optional<Path> passwordFile,
    Optional<Path> aclFile,
    Anonymous allowAnonymous,
    Certificates certificates,
    CertificateName certificateName) {
  public static final AccessSettings DEFAULTS =
      new AccessSettings(
          Optional.empty(),
          Optional.empty(),
          Anonymous.LOOPBACK,
          Certificates.OPTIONAL,
          CertificateName.CN);

  /** Where clients are let in that prove no name. */
  public enum Anonymous {
    NEVER,
    /** By listeners that are bound to this machine alone. */
    LOOPBACK,
    ALWAYS;

    boolean allows(boolean onLoopback) {
      return this == ALWAYS || (this == LOOPBACK && onLoopback);
    }
  }

  /** Whether clients show certificates, if there are authorities to check them by. */
  public enum Certificates {
    OPTIONAL,
    REQUIRED
  }
}
