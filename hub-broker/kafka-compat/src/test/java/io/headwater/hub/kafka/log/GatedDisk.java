package io.headwater.hub.kafka.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/** A disk whose forces can be held back or made to fail. */
final class GatedDisk implements FileLogEngine.Forcer {
  private final ReentrantLock gate = new ReentrantLock(true);
  private final AtomicInteger forces = new AtomicInteger();
  private volatile boolean broken;

  /** From now on nothing becomes durable. */
  void hold() {
    gate.lock();
  }

  void release() {
    gate.unlock();
  }

  void breakDown() {
    broken = true;
  }

  int forces() {
    return forces.get();
  }

  @Override
  public void force(FileChannel channel) throws IOException {
    gate.lock();
    try {
      forces.incrementAndGet();
      if (broken) {
        throw new IOException("the disk is broken");
      }
      channel.force(false);
    } finally {
      gate.unlock();
    }
  }
}
