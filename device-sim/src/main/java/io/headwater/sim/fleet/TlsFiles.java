package io.headwater.sim.fleet;

import io.headwater.process.PemFiles;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/** Reads what {@link Tls} names. */
final class TlsFiles {
  private TlsFiles() {}

  /** Whom to trust; empty for those that Java trusts. */
  static Optional<TrustManagerFactory> trust(Tls tls) {
    return tls.insecure()
        ? Optional.of(InsecureTrustManagerFactory.INSTANCE)
        : tls.trust().map(file -> PemFiles.trust("--tls-trust", file));
  }

  static KeyManagerFactory identity(Tls.Identity identity) {
    return PemFiles.identity("--tls-cert", identity.certificate(), "--tls-key", identity.key());
  }
}
