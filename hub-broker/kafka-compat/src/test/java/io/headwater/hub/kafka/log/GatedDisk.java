package io.headwater.hub.kafka.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/** A disk whose forces can be held back or made to fail, and that can be nearly full. */
final class GatedDisk implements Disk {
  private final ReentrantLock gate = new ReentrantLock(true);
  private final AtomicInteger forces = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private volatile long free = Long.MAX_VALUE;
  private final Optional<FileSystemSync> fileSystem;

  /** Forces file by file. */
  GatedDisk() {
    this(Optional.empty());
  }

  /** Forces the file system if one is given. */
  GatedDisk(Optional<FileSystemSync> fileSystem) {
    this.fileSystem = fileSystem;
  }

  /** From now on nothing becomes durable. */
  void hold() {
    gate.lock();
  }

  void release() {
    gate.unlock();
  }

  /** Whether a force is being held back. */
  boolean isAwaited() {
    return gate.hasQueuedThreads();
  }

  /** From now on each force fails. */
  void breakDown() {
    failures.set(Integer.MAX_VALUE);
  }

  /** The next force fails, those after it do not. */
  void failOnce() {
    failures.set(1);
  }

  void free(long bytes) {
    free = bytes;
  }

  @Override
  public long freeBytes() {
    return free;
  }

  int forces() {
    return forces.get();
  }

  @Override
  public void force(FileChannel channel) throws IOException {
    gated(() -> channel.force(false));
  }

  @Override
  public boolean forceAll(int dirtyLogs) throws IOException {
    if (fileSystem.isEmpty()) {
      return false;
    }
    gated(fileSystem.get()::sync);
    return true;
  }

  private interface Force {
    void run() throws IOException;
  }

  private void gated(Force force) throws IOException {
    gate.lock();
    try {
      forces.incrementAndGet();
      if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new IOException("the disk is broken");
      }
      force.run();
    } finally {
      gate.unlock();
    }
  }
}
