package io.headwater.testsupport;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** A folder that an earlier build wrote and that is kept, packed, among the tests' resources. */
public final class KeptFolder {
  private KeptFolder() {}

  /**
   * Unpacks it.
   *
   * @param zip is closed
   */
  public static void unpack(InputStream zip, Path to) throws IOException {
    try (var entries = new ZipInputStream(zip)) {
      for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
        Path file = to.resolve(entry.getName()).normalize();
        if (entry.isDirectory() || !file.startsWith(to)) {
          throw new IOException(entry.getName() + " is no file in that folder");
        }
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        Files.copy(entries, file);
      }
    }
  }
}
