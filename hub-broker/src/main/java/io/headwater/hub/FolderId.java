package io.headwater.hub;

import io.headwater.process.LastingFolder;
import io.headwater.process.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * By what a data folder is told from any other: drawn at the first start, kept in the file {@code
 * folder-id}. Two nodes that claim the same node id are told apart by it, and a node that comes
 * back is known.
 */
final class FolderId {
  private static final String FILE = "folder-id";

  private FolderId() {}

  /**
   * Reads it, or draws it.
   *
   * @throws UserError the file cannot be read or written, or holds something else
   */
  static UUID of(Path folder) {
    Path file = folder.resolve(FILE);
    try {
      if (Files.exists(file)) {
        return UUID.fromString(Files.readString(file).strip());
      }
      UUID drawn = UUID.randomUUID();
      Path half = folder.resolve(FILE + ".tmp");
      Files.writeString(half, drawn + "\n");
      try (FileChannel channel = FileChannel.open(half, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
      LastingFolder.force(folder);
      return drawn;
    } catch (IllegalArgumentException | IOException e) {
      throw UserError.failure(
          "%s cannot be used: %s; put it back, or delete it if this folder's node is stopped"
              .formatted(file, e.getMessage()),
          e);
    }
  }
}
