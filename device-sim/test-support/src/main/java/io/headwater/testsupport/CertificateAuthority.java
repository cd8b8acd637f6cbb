package io.headwater.testsupport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Signs certificates by the JDK's keytool, for one test. */
public final class CertificateAuthority {
  private static final String PASSWORD = "changeit";
  private static final String HERE = "san=dns:localhost,ip:127.0.0.1";

  private final Path folder;
  private final String name;

  /**
   * PEM files.
   *
   * @param ca whom to trust
   * @param certificate signed by it
   * @param key of the certificate, PKCS 8
   */
  public record Issued(Path ca, Path certificate, Path key) {}

  /** Makes an authority whose certificate is the folder's {@code <name>.crt}. */
  public CertificateAuthority(Path folder, String name) {
    this.folder = folder;
    this.name = name;
    keytool("-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=" + name, "-ext", "bc:c");
    keytool("-exportcert", "-alias", "ca", "-rfc", "-file", certificate().toString());
  }

  /** Its own certificate. */
  public Path certificate() {
    return folder.resolve(name + ".crt");
  }

  /** A certificate of this common name, good for localhost, and its key. */
  public Issued issue(String commonName) {
    return issue(commonName, HERE);
  }

  /**
   * A certificate of this common name, and its key; the same ones if it was issued before.
   *
   * @param alternatives as keytool writes them, {@code san=dns:localhost}
   */
  public Issued issue(String commonName, String alternatives) {
    Path certificate = folder.resolve(name + "-" + commonName + ".crt");
    Path key = folder.resolve(name + "-" + commonName + ".key");
    if (!Files.exists(key)) {
      Path request = folder.resolve(commonName + ".csr");
      keytool("-genkeypair", "-alias", commonName, "-keyalg", "EC", "-dname", "CN=" + commonName);
      keytool("-certreq", "-alias", commonName, "-file", request.toString());
      keytool(
          "-gencert",
          "-alias",
          "ca",
          "-infile",
          request.toString(),
          "-outfile",
          certificate.toString(),
          "-rfc",
          "-ext",
          alternatives,
          "-validity",
          "30");
      writeKey(commonName, key);
    }
    return new Issued(certificate(), certificate, key);
  }

  private void writeKey(String alias, Path file) {
    try {
      KeyStore store = KeyStore.getInstance(store().toFile(), PASSWORD.toCharArray());
      byte[] encoded = store.getKey(alias, PASSWORD.toCharArray()).getEncoded();
      Files.writeString(
          file,
          "-----BEGIN PRIVATE KEY-----\n"
              + Base64.getMimeEncoder().encodeToString(encoded)
              + "\n-----END PRIVATE KEY-----\n");
    } catch (GeneralSecurityException | IOException e) {
      throw new AssertionError(e);
    }
  }

  private Path store() {
    return folder.resolve(name + ".p12");
  }

  private void keytool(String... arguments) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-keystore", store().toString(), "-storepass", PASSWORD));
    Path output = folder.resolve("keytool.out");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (process.waitFor() != 0) {
        throw new AssertionError(Files.readString(output));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
