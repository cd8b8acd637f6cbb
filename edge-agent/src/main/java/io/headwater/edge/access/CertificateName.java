package io.headwater.edge.access;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import org.jspecify.annotations.Nullable;

/** Which of a certificate's names is the user's: the subject's or a subject alternative name. */
public enum CertificateName {
  /** The subject's common name. */
  CN(-1),
  EMAIL(1),
  DNS(2),
  URI(6);

  private final int alternative;

  /**
   * @param alternative the kind's number in RFC 5280, section 4.2.1.6; negative: the subject
   */
  CertificateName(int alternative) {
    this.alternative = alternative;
  }

  /** The first name of this kind; empty if there is none. */
  Optional<String> of(X509Certificate certificate) {
    Optional<String> name =
        alternative < 0 ? commonName(certificate) : alternativeName(certificate);
    return name.filter(text -> !text.isEmpty());
  }

  private static Optional<String> commonName(X509Certificate certificate) {
    try {
      // The most specific part comes last.
      return new LdapName(certificate.getSubjectX500Principal().getName())
          .getRdns().reversed().stream()
              .filter(part -> part.getType().equalsIgnoreCase("CN"))
              .map(part -> part.getValue().toString())
              .findFirst();
    } catch (InvalidNameException _) {
      return Optional.empty();
    }
  }

  private Optional<String> alternativeName(X509Certificate certificate) {
    try {
      @Nullable Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      if (names == null) {
        return Optional.empty();
      }
      return names.stream()
          .filter(each -> each.get(0) instanceof Integer kind && kind == alternative)
          .map(each -> String.valueOf(each.get(1)))
          .findFirst();
    } catch (CertificateParsingException _) {
      return Optional.empty();
    }
  }
}
