package io.headwater.analytics;

import io.headwater.process.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * The name of a data folder's process in its consumer groups: drawn once, kept in the file {@code
 * instance-id}.
 */
final class InstanceId {
  private InstanceId() {}

  /** Reads it, or draws and stores one. */
  static String of(Path dataFolder) {
    Path file = dataFolder.resolve("instance-id");
    try {
      if (Files.exists(file)) {
        String id = Files.readString(file).strip();
        if (Query.isName(id)) {
          return id;
        }
        throw UserError.failure(
            file + " does not hold an instance id; delete it, and a new one is drawn");
      }
      String id = UUID.randomUUID().toString();
      Path temporary = dataFolder.resolve("instance-id.tmp");
      Files.writeString(temporary, id + "\n", StandardCharsets.US_ASCII);
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return id;
    } catch (IOException e) {
      throw UserError.failure(file + " cannot be read or written (" + e + ")", e);
    }
  }
}
