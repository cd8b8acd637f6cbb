package io.headwater.bridge.broker;

import io.headwater.process.TlsSettings;
import io.headwater.testsupport.CertificateAuthority;
import java.nio.file.Path;
import java.util.Optional;

/** Certificates as settings. */
final class TestAuthority {
  private final CertificateAuthority authority;

  TestAuthority(Path folder, String name) {
    authority = new CertificateAuthority(folder, name);
  }

  /** A certificate of this common name, and its key. */
  TlsSettings issue(String commonName) {
    CertificateAuthority.Issued issued = authority.issue(commonName);
    return new TlsSettings(
        Optional.of(issued.ca()), Optional.of(issued.certificate()), Optional.of(issued.key()));
  }
}
