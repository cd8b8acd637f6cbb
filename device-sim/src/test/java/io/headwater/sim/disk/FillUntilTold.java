package io.headwater.sim.disk;

import java.nio.file.Path;

/** A JVM of its own that fills a disk until it gets a signal. */
final class FillUntilTold {
  private FillUntilTold() {}

  public static void main(String[] arguments) throws InterruptedException {
    try (var _ = new DiskFiller(Path.of(arguments[0]))) {
      System.out.println("ready filler");
      Thread.currentThread().join(); // forever
    }
  }
}
