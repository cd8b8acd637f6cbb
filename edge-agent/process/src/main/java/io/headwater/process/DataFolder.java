package io.headwater.process;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A data folder that this process alone uses.
 *
 * <p>The lock is the operating system's on the file {@code .headwater.lock}, so it ends with the
 * process, however that ends. The file names the holder for whoever comes second.
 */
public final class DataFolder implements AutoCloseable {
  private final Path path;
  private final FileChannel lockFile;

  private DataFolder(Path path, FileChannel lockFile) {
    this.path = path;
    this.lockFile = lockFile;
  }

  /**
   * Makes the folder where needed and locks it.
   *
   * @throws UserError if another process holds it, or it cannot be made or written
   */
  public static DataFolder lock(Path folder, String process) {
    FileChannel channel = null;
    try {
      LastingFolder.make(folder);
      channel =
          FileChannel.open(
              folder.resolve(".headwater.lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      if (!tryLock(channel)) {
        String holder = readHolder(channel);
        channel.close();
        throw UserError.failure(
            "data folder "
                + folder
                + " is in use by "
                + holder
                + "; stop it or choose another folder with --data");
      }
      String self = "pid " + ProcessHandle.current().pid() + " (headwater " + process + ")";
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(self.getBytes(StandardCharsets.UTF_8)), 0);
      return new DataFolder(folder, channel);
    } catch (FileAlreadyExistsException e) {
      throw UserError.failure(
          "data folder " + folder + " is a file; choose a folder with --data", e);
    } catch (AccessDeniedException e) {
      throw UserError.failure(
          "data folder "
              + folder
              + " cannot be written by user "
              + System.getProperty("user.name")
              + "; change its owner or choose another folder with --data",
          e);
    } catch (IOException e) {
      throw UserError.failure(
          "data folder " + folder + " cannot be used (" + e + "); choose another with --data", e);
    }
  }

  public Path path() {
    return path;
  }

  @Override
  public void close() {
    try {
      lockFile.close();
    } catch (IOException _) {
      // The lock ends with the process in any case.
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException _) {
      return false; // held within this JVM
    }
  }

  private static String readHolder(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(256);
    channel.read(text, 0);
    text.flip();
    return text.hasRemaining() ? StandardCharsets.UTF_8.decode(text).toString() : "another process";
  }
}
