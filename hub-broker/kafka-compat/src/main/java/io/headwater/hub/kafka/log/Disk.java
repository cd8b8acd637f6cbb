package io.headwater.hub.kafka.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** How data becomes durable, and how much room there is. Only the commit thread forces. */
interface Disk extends AutoCloseable {
  /** Makes one file's data and size durable. */
  void force(FileChannel channel) throws IOException;

  /**
   * Makes all files durable at once, directory entries too.
   *
   * @param dirtyLogs how many logs have something to gain
   * @return false if that is not possible or not worth it here: nothing was done
   */
  default boolean forceAll(int dirtyLogs) throws IOException {
    return false;
  }

  /** Bytes that this process may still write. Any thread. */
  default long freeBytes() throws IOException {
    return Long.MAX_VALUE;
  }

  @Override
  default void close() {}

  /** The real one. */
  static Disk of(Path folder) throws IOException {
    return new Real(Files.getFileStore(folder), FileSystemSync.open(folder));
  }

  /** Files one by one while they are few, the whole file system when they are many. */
  final class Real implements Disk {
    /**
     * From so many dirty logs one {@code syncfs} is cheaper: each file forced alone is a commit of
     * the file system's journal of its own. It also writes what others have left dirty on the file
     * system, so a few files are better forced alone.
     */
    private static final int MANY = 4;

    private final FileStore store;
    private final Optional<FileSystemSync> fileSystem;

    private Real(FileStore store, Optional<FileSystemSync> fileSystem) {
      this.store = store;
      this.fileSystem = fileSystem;
    }

    @Override
    public void force(FileChannel channel) throws IOException {
      channel.force(false);
    }

    @Override
    public boolean forceAll(int dirtyLogs) throws IOException {
      if (dirtyLogs < MANY || fileSystem.isEmpty()) {
        return false;
      }
      fileSystem.get().sync();
      return true;
    }

    @Override
    public long freeBytes() throws IOException {
      return store.getUsableSpace();
    }

    @Override
    public void close() {
      fileSystem.ifPresent(FileSystemSync::close);
    }
  }
}
