package io.headwater.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * Certificates, keys and secrets in files. Each mistake is a {@link UserError} that names the
 * option and the file.
 */
public final class PemFiles {
  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final char[] NO_PASSWORD = {};

  private PemFiles() {}

  /** Whom to trust; empty for those that Java trusts. */
  public static Optional<TrustManagerFactory> trust(TlsSettings tls) {
    return tls.ca().map(file -> trust("tls.ca", file));
  }

  /** Whom to trust: the certificates of a file. */
  public static TrustManagerFactory trust(String option, Path file) {
    try {
      KeyStore store = emptyStore();
      int number = 0;
      for (Certificate certificate : certificates(option, file)) {
        store.setCertificateEntry("trusted-" + number++, certificate);
      }
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory;
    } catch (GeneralSecurityException | IOException e) {
      throw unusable(option, file, e);
    }
  }

  /** Own certificate and key, if there are any. */
  public static Optional<KeyManagerFactory> identity(TlsSettings tls) {
    return tls.cert().isEmpty() || tls.key().isEmpty()
        ? Optional.empty()
        : Optional.of(identity("tls.cert", tls.cert().get(), "tls.key", tls.key().get()));
  }

  /** A certificate with its chain, and its key, PKCS 8 without a password. */
  public static KeyManagerFactory identity(
      String certificateOption, Path certificate, String keyOption, Path key) {
    Collection<? extends Certificate> chain = certificates(certificateOption, certificate);
    try {
      KeyStore store = emptyStore();
      store.setKeyEntry("own", key(keyOption, key), NO_PASSWORD, chain.toArray(new Certificate[0]));
      var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, NO_PASSWORD);
      return factory;
    } catch (GeneralSecurityException | IOException e) {
      throw unusable(keyOption, key, e);
    }
  }

  /** When the own certificate ends, if there is one. */
  public static Optional<Instant> notAfter(TlsSettings tls) {
    return tls.cert()
        .map(file -> certificates("tls.cert", file).iterator().next())
        .map(certificate -> ((X509Certificate) certificate).getNotAfter().toInstant());
  }

  /** A file that holds one secret, in its first line. */
  public static String secret(String option, Path file) {
    try (var lines = Files.lines(file)) {
      String secret = lines.findFirst().orElse("").strip();
      if (secret.isEmpty()) {
        throw UserError.usage(option + ": the first line of " + file + " is empty");
      }
      return secret;
    } catch (IOException | UncheckedIOException e) {
      throw unusable(option, file, e);
    }
  }

  private static Collection<? extends Certificate> certificates(String option, Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      var found = CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (found.isEmpty()) {
        throw UserError.usage(option + ": " + file + " holds no certificate in PEM form");
      }
      return found;
    } catch (GeneralSecurityException | IOException e) {
      throw unusable(option, file, e);
    }
  }

  private static PrivateKey key(String option, Path file)
      throws IOException, GeneralSecurityException {
    Matcher pem = PKCS8.matcher(Files.readString(file));
    if (!pem.find()) {
      throw UserError.usage(
          option
              + ": "
              + file
              + " holds no PRIVATE KEY in PEM form without a password; convert it with openssl"
              + " pkcs8 -topk8 -nocrypt");
    }
    PKCS8EncodedKeySpec bytes;
    try {
      bytes = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
    } catch (IllegalArgumentException e) {
      throw unusable(option, file, e);
    }
    for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(bytes);
      } catch (InvalidKeySpecException _) {
        // Of another kind.
      }
    }
    throw UserError.usage(option + ": " + file + " is neither an RSA, EC nor EdDSA key");
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static UserError unusable(String option, Path file, Exception e) {
    String why = e instanceof NoSuchFileException ? "no such file" : e.getMessage();
    return UserError.usage(option + ": cannot use " + file + ": " + why);
  }
}
