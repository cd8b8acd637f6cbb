package io.headwater.packages;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** A file that {@code sha256sum --check} reads. */
final class Checksums {
  private Checksums() {}

  /** Writes that of files which lie beside it. */
  static void write(Path file, List<Path> files) throws IOException {
    var text = new StringBuilder();
    for (Path each : files.stream().sorted().toList()) {
      text.append(sha256(each)).append("  ").append(each.getFileName()).append('\n');
    }
    Files.writeString(file, text);
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
