package io.headwater.hub.kafka.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** A disk whose forces can be held back or made to fail, and that can be nearly full. */
final class GatedDisk implements Disk {
  private final ReentrantLock gate = new ReentrantLock(true);
  private final AtomicInteger forces = new AtomicInteger();
  private final Set<FileChannel> lost = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean fileSystemSuspect = new AtomicBoolean();
  private volatile boolean broken;
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
    broken = true;
  }

  /** Pages of a file are lost: the next force of it fails, and the next of the file system. */
  void lose(FileChannel channel) {
    lost.add(channel);
    fileSystemSuspect.set(true);
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
    gated(() -> lost.remove(channel), () -> channel.force(false));
  }

  @Override
  public boolean forceAll(int dirtyLogs) throws IOException {
    if (fileSystem.isEmpty()) {
      return false;
    }
    gated(() -> fileSystemSuspect.getAndSet(false), fileSystem.get()::sync);
    return true;
  }

  private interface Force {
    void run() throws IOException;
  }

  private void gated(BooleanSupplier fails, Force force) throws IOException {
    gate.lock();
    try {
      forces.incrementAndGet();
      if (fails.getAsBoolean() || broken) {
        throw new IOException("the disk is broken");
      }
      force.run();
    } finally {
      gate.unlock();
    }
  }
}
