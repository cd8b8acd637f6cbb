package io.headwater.sim.disk;

import io.headwater.process.Threads;
import io.headwater.process.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the file system that a folder lies on full, from its construction until it is closed. The
 * file belongs to the filler's thread once that has started.
 */
public final class DiskFiller implements AutoCloseable {
  /** More than this is not filled: it is likely to be a disk that people need. */
  public static final long DEFAULT_LIMIT = 2L << 30;

  static final String FILE_NAME = "headwater-sim-disk-filler.tmp";

  private static final int SMALLEST = 1 << 10;
  private static final int LARGEST = 1 << 20;
  private static final Duration POLL = Duration.ofMillis(10);

  private final Path file;
  private final long limit;
  private final ByteBuffer content = ByteBuffer.allocateDirect(LARGEST);
  private final FileChannel channel;
  private final CountDownLatch filled = new CountDownLatch(1);
  private final CountDownLatch ending = new CountDownLatch(1);
  private final Thread filler;
  private final Thread hook = new Thread(this::free, "sim-disk-filler-hook");

  /** Fills at most {@link #DEFAULT_LIMIT}. */
  public DiskFiller(Path folder) {
    this(folder, DEFAULT_LIMIT);
  }

  /**
   * Fills; returns when the file system is full.
   *
   * @param folder is made if it is not there
   * @param limit bytes that may be free before
   * @throws UserError if more is free, or if the file system cannot be filled
   */
  public DiskFiller(Path folder, long limit) {
    this.limit = limit;
    file = folder.resolve(FILE_NAME);
    byte[] random = new byte[LARGEST];
    new SplittableRandom(limit).nextBytes(random);
    content.put(random);
    try {
      Files.createDirectories(folder);
      Files.deleteIfExists(file); // a killed run's
      requireSmall(folder);
      channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw UserError.failure("cannot fill the disk of " + folder + ": " + e, e);
    }
    filler = Threads.start("sim-disk-filler-0", this::keepFull);
    Runtime.getRuntime().addShutdownHook(hook);
    requireFull(folder);
  }

  private void requireSmall(Path folder) throws IOException {
    FileStore store = Files.getFileStore(folder);
    // Not the usable space: root may also write what is set aside for it.
    long free = store.getUnallocatedSpace();
    if (free > limit) {
      throw UserError.failure(
          "folder %s is on %s (%s) with %d MiB free, more than the %d MiB that are filled at most;"
                  .formatted(folder, store.name(), store.type(), free >> 20, limit >> 20)
              + " put the data on a small file system:"
              + " mount -t tmpfs -o size=256m tmpfs "
              + folder);
    }
  }

  private void requireFull(Path folder) {
    try {
      filled.await();
      long usable = Files.getFileStore(folder).getUsableSpace();
      if (usable >= LARGEST) {
        close();
        throw UserError.failure(
            "cannot fill the disk of %s: %d KiB stay free (is there a quota?)"
                .formatted(folder, usable >> 10));
      }
    } catch (IOException e) {
      close();
      throw UserError.failure("cannot fill the disk of " + folder + ": " + e, e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void keepFull() {
    try {
      do {
        fill();
        filled.countDown();
      } while (!ending.await(POLL.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // nobody does
    }
  }

  /** Tries larger and larger pieces while they fit, and smaller and smaller ones when not. */
  private void fill() {
    int size = SMALLEST;
    while (size >= SMALLEST && ending.getCount() > 0) {
      size = write(size) ? Math.min(2 * size, LARGEST) : size / 2;
    }
  }

  private boolean write(int size) {
    try {
      return channel.size() + size <= limit && channel.write(content.clear().limit(size)) > 0;
    } catch (IOException _) {
      return false; // no space left on device: what this is for
    }
  }

  /** Frees the space; returns when it is free. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The JVM is ending, and the hook does the same.
    }
    free();
  }

  private void free() {
    ending.countDown();
    try {
      filler.join();
      channel.close();
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
