package io.headwater.analytics;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder that is deleted with all that is in it. */
record ScratchFolder(Path path) implements AutoCloseable {
  /** Makes one among those of the system. */
  static ScratchFolder temporary() throws IOException {
    return new ScratchFolder(Files.createTempDirectory("headwater-run"));
  }

  /** Makes this one; what a process that was killed has left in it goes. */
  static ScratchFolder at(Path path) throws IOException {
    var folder = new ScratchFolder(path);
    folder.close();
    Files.createDirectories(path);
    return folder;
  }

  @Override
  public void close() throws IOException {
    if (Files.exists(path)) {
      try (Stream<Path> files = Files.walk(path)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
