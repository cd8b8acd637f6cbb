package io.headwater.edge.input;

import io.headwater.edge.input.sensor.Machine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** The machine that the agent runs on. */
public final class LinuxMachine implements Machine {
  private final Path root;

  /**
   * @param root of its file system; another folder in tests
   */
  public LinuxMachine(Path root) {
    this.root = root;
  }

  @Override
  public Path path(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  @Override
  public void pause(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    for (long left = duration.toNanos(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
      if (Thread.currentThread().isInterrupted()) {
        return;
      }
    }
  }
}
