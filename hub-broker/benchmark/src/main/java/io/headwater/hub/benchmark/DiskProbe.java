package io.headwater.hub.benchmark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;

/** What the disk itself does: a file appended to, each write forced before the next. */
final class DiskProbe {
  private static final int LARGE = 1 << 20;
  private static final int SMALL = 4 << 10;

  /**
   * What it did.
   *
   * @param megabytesPerSecond with writes of 1 MiB
   * @param forceMillis the median of a write of 4 KiB with its force
   */
  record Result(double megabytesPerSecond, double forceMillis) {}

  private DiskProbe() {}

  static Result measure(Path folder, Duration each) throws IOException {
    Path file = Files.createTempFile(folder, "probe", ".log");
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      long started = System.nanoTime();
      long writes = append(channel, LARGE, each, new Histogram(3));
      double seconds = (System.nanoTime() - started) / 1e9;
      var small = new Histogram(3);
      append(channel, SMALL, each, small);
      return new Result(writes * LARGE / 1e6 / seconds, small.getValueAtPercentile(50) / 1e6);
    } finally {
      Files.delete(file);
    }
  }

  private static long append(FileChannel channel, int size, Duration time, Histogram took)
      throws IOException {
    byte[] bytes = new byte[size];
    new SplittableRandom(size).nextBytes(bytes);
    var buffer = ByteBuffer.wrap(bytes);
    long writes = 0;
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - end < 0) {
      long started = System.nanoTime();
      buffer.clear();
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(false);
      took.recordValue(System.nanoTime() - started);
      writes++;
    }
    return writes;
  }
}
