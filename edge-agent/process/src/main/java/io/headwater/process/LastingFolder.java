package io.headwater.process;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** A folder that is still there after a power cut: its name is forced to disk, too. */
public final class LastingFolder {
  private LastingFolder() {}

  /**
   * Makes the folder where needed, and those above it.
   *
   * @throws IOException if it cannot be made, or its name cannot be forced to disk
   */
  public static void make(Path folder) throws IOException {
    Path above = folder.toAbsolutePath().normalize().getParent();
    Path first = above;
    while (first != null && Files.notExists(first)) {
      first = first.getParent();
    }
    boolean isThere = Files.exists(folder);
    Files.createDirectories(folder);
    if (isThere) {
      // Perhaps since a moment ago, by a start that was cut off.
      forceIfAllowed(above);
      return;
    }
    for (Path each = above; each != null; each = each.getParent()) {
      force(each);
      if (each.equals(first)) {
        return;
      }
    }
  }

  /** Forces the names of what is in the folder to disk. */
  public static void force(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Whoever has not made a folder may be allowed to use what is in it, and no more. */
  private static void forceIfAllowed(@Nullable Path folder) throws IOException {
    if (folder == null) {
      return;
    }
    try {
      force(folder);
    } catch (AccessDeniedException _) {
      // Then somebody else has made what is in it.
    }
  }
}
