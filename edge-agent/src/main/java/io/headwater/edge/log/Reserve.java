package io.headwater.edge.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file beside the log that is there only to be made smaller: what it gives back is for what must
 * be written when the disk has no room. Confined to the writer's thread after opening.
 *
 * <p>Its bytes are written, and no pattern: a file system that keeps holes or compresses would
 * otherwise keep nothing free.
 */
final class Reserve {
  private static final Logger LOGGER = LoggerFactory.getLogger(Reserve.class);
  private static final String NAME = "reserve";
  private static final int BLOCK = 64 << 10;

  private final Path file;
  private final SplittableRandom noise = new SplittableRandom();
  private volatile long held;

  /** With what an earlier opening has left of it. */
  Reserve(Path folder) {
    file = folder.resolve(NAME);
    try {
      held = Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      LOGGER.atWarn().addKeyValue("file", file).setCause(e).log("The reserve cannot be read");
    }
  }

  /** Bytes that it can give. */
  long held() {
    return held;
  }

  /** Gives back so many bytes, or as many as there are; how many. */
  long release(long bytes) {
    long given = Math.min(held, Math.max(0, bytes));
    if (given > 0) {
      resize(held - given);
    }
    return given;
  }

  /** Whether it holds so many bytes afterwards; if not it holds what it did before. */
  boolean fill(long bytes) {
    long before = held;
    if (before >= bytes) {
      resize(bytes);
      return true;
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer block = ByteBuffer.allocate(BLOCK);
      for (long at = before; at < bytes; ) {
        block.clear();
        noise.nextBytes(block.array());
        block.limit((int) Math.min(BLOCK, bytes - at));
        while (block.hasRemaining()) {
          at += channel.write(block, at);
        }
      }
      held = bytes;
      return true;
    } catch (IOException e) {
      LOGGER.atDebug().setCause(e).log("There is no room for the reserve");
      resize(before);
      return false;
    }
  }

  private void resize(long bytes) {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.truncate(bytes);
    } catch (IOException e) {
      LOGGER.atWarn().addKeyValue("file", file).setCause(e).log("The reserve cannot be changed");
    }
    held = bytes;
  }
}
