package io.headwater.sim.fleet;

import io.headwater.process.UserError;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/** Reads what {@link Tls} names. Each mistake is a {@link UserError} that names the option. */
final class TlsFiles {
  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final char[] NO_PASSWORD = {};

  private TlsFiles() {}

  /** Whom to trust; empty for those that Java trusts. */
  static Optional<TrustManagerFactory> trust(Tls tls) {
    return tls.insecure()
        ? Optional.of(InsecureTrustManagerFactory.INSTANCE)
        : tls.trust().map(TlsFiles::trust);
  }

  private static TrustManagerFactory trust(Path file) {
    try {
      KeyStore store = emptyStore();
      int number = 0;
      for (Certificate certificate : certificates("--tls-trust", file)) {
        store.setCertificateEntry("trusted-" + number++, certificate);
      }
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory;
    } catch (GeneralSecurityException | IOException e) {
      throw unusable("--tls-trust", file, e);
    }
  }

  static KeyManagerFactory identity(Tls.Identity identity) {
    Collection<? extends Certificate> chain = certificates("--tls-cert", identity.certificate());
    try {
      KeyStore store = emptyStore();
      store.setKeyEntry(
          "device", key(identity.key()), NO_PASSWORD, chain.toArray(new Certificate[0]));
      var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, NO_PASSWORD);
      return factory;
    } catch (GeneralSecurityException | IOException e) {
      throw unusable("--tls-key", identity.key(), e);
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

  private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
    Matcher pem = PKCS8.matcher(Files.readString(file));
    if (!pem.find()) {
      throw UserError.usage(
          "--tls-key: "
              + file
              + " holds no PRIVATE KEY in PEM form without a password; convert it with openssl"
              + " pkcs8 -topk8 -nocrypt");
    }
    var bytes = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
    for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(bytes);
      } catch (InvalidKeySpecException _) {
        // Of another kind.
      }
    }
    throw UserError.usage("--tls-key: " + file + " is neither an RSA, EC nor EdDSA key");
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static UserError unusable(String option, Path file, Exception e) {
    String why = e instanceof java.nio.file.NoSuchFileException ? "no such file" : e.getMessage();
    return UserError.usage(option + ": cannot use " + file + ": " + why);
  }
}
