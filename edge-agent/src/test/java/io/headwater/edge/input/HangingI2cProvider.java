package io.headwater.edge.input;

import com.pi4j.io.i2c.I2C;
import com.pi4j.io.i2c.I2CConfig;
import com.pi4j.io.i2c.I2CProvider;
import com.pi4j.plugin.mock.provider.i2c.MockI2C;
import com.pi4j.plugin.mock.provider.i2c.MockI2CProviderImpl;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Pi4J's mock of I2C, one of whose buses can be short-circuited: a read that is on it then blocks
 * inside of Pi4J, as in a driver that waits for a line, and does not look at interrupts.
 */
final class HangingI2cProvider extends MockI2CProviderImpl {
  private final int bus;
  private final Lock lock = new ReentrantLock();
  private final Condition freed = lock.newCondition();
  private boolean hangs;
  private int hanging;

  HangingI2cProvider(int bus) {
    this.bus = bus;
  }

  /** From the next read on, for so long. */
  void hang(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    lock.lock();
    try {
      hangs = true;
    } finally {
      lock.unlock();
    }
    Thread.ofPlatform()
        .daemon()
        .name("test-short-circuit")
        .start(() -> {
          lock.lock();
          try {
            for (long left = duration.toNanos(); left > 0; left = end - System.nanoTime()) {
              if (freed.await(left, TimeUnit.NANOSECONDS)) {
                break;
              }
            }
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          } finally {
            hangs = false;
            freed.signalAll();
            lock.unlock();
          }
        });
  }

  /** Reads that are inside of Pi4J now. */
  int hanging() {
    lock.lock();
    try {
      return hanging;
    } finally {
      lock.unlock();
    }
  }

  private void passBus() {
    lock.lock();
    try {
      hanging++;
      while (hangs) {
        freed.awaitUninterruptibly();
      }
      hanging--;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public I2C create(I2CConfig config) {
    I2C device = config.bus() == bus ? new Device(this, config) : new MockI2C(this, config);
    context.registry().add(device);
    return device;
  }

  /** A device on the bus that hangs. */
  private final class Device extends MockI2C {
    private Device(I2CProvider provider, I2CConfig config) {
      super(provider, config);
    }

    @Override
    public int readRegister(int register, byte[] buffer, int offset, int length) {
      passBus();
      return super.readRegister(register, buffer, offset, length);
    }
  }
}
