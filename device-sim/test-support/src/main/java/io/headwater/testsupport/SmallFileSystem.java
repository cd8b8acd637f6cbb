package io.headwater.testsupport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file system of its own on a folder, small enough to be filled. Only root may make one:
 * elsewhere its test counts as skipped.
 */
public final class SmallFileSystem implements AutoCloseable {
  private static final String FILLER = "filler";

  private final Path folder;

  private SmallFileSystem(Path folder) {
    this.folder = folder;
  }

  /**
   * @param folder where it appears; made if it is not there
   */
  public static SmallFileSystem mount(Path folder, int mebibytes) {
    String mount = OutsideSoftware.find("mount").toString();
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    if (Mounts.run(
            mount, "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", folder.toString())
        != 0) {
      OutsideSoftware.doWithout("mount-as-root");
    }
    return new SmallFileSystem(folder);
  }

  /** Takes so much that about {@code mebibytes} are left. */
  public void fillUpTo(int mebibytes) {
    Path file = folder.resolve(FILLER);
    try {
      while (Files.getFileStore(folder).getUsableSpace() > (mebibytes + 1L) << 20) {
        Files.write(file, new byte[1 << 20], StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Leaves not a byte. */
  public void fill() {
    Path file = folder.resolve(FILLER);
    for (int size = 1 << 20; size > 0; size /= 4) {
      try {
        while (true) {
          Files.write(file, new byte[size], StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
      } catch (IOException _) {
        // No room for so much; a smaller piece may fit.
      }
    }
  }

  /** Gives back what {@link #fill} took. */
  public void free() {
    try {
      Files.deleteIfExists(folder.resolve(FILLER));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    // Lazy: whatever a failed test has left open must not keep it.
    if (Mounts.run("umount", "-l", folder.toString()) != 0) {
      throw new AssertionError("cannot unmount " + folder);
    }
  }
}
