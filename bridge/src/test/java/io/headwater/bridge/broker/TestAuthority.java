package io.headwater.bridge.broker;

import io.headwater.process.TlsSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** Signs certificates by the JDK's keytool, for one test. */
final class TestAuthority {
  private static final String PASSWORD = "changeit";

  private final Path folder;
  private final String name;

  TestAuthority(Path folder, String name) throws Exception {
    this.folder = folder;
    this.name = name;
    keytool("-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=" + name, "-ext", "bc:c");
    keytool(
        "-exportcert", "-alias", "ca", "-rfc", "-file", folder.resolve(name + ".crt").toString());
  }

  /** A certificate of this common name, and its key. */
  TlsSettings issue(String commonName) throws Exception {
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
          "san=dns:localhost,ip:127.0.0.1",
          "-validity",
          "30");
      KeyStore store = KeyStore.getInstance(store().toFile(), PASSWORD.toCharArray());
      byte[] encoded = store.getKey(commonName, PASSWORD.toCharArray()).getEncoded();
      Files.writeString(
          key,
          "-----BEGIN PRIVATE KEY-----\n"
              + Base64.getMimeEncoder().encodeToString(encoded)
              + "\n-----END PRIVATE KEY-----\n");
    }
    return new TlsSettings(
        Optional.of(folder.resolve(name + ".crt")), Optional.of(certificate), Optional.of(key));
  }

  private Path store() {
    return folder.resolve(name + ".p12");
  }

  private void keytool(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-keystore", store().toString(), "-storepass", PASSWORD));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.out").toFile())
            .start();
    if (process.waitFor() != 0) {
      throw new AssertionError(Files.readString(folder.resolve("keytool.out")));
    }
  }
}
