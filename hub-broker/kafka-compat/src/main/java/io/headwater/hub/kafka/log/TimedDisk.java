package io.headwater.hub.kafka.log;

import java.io.IOException;
import java.nio.channels.FileChannel;

/** A disk whose forces are timed. */
final class TimedDisk implements Disk {
  private final Disk disk;
  private final LogMetrics metrics;

  TimedDisk(Disk disk, LogMetrics metrics) {
    this.disk = disk;
    this.metrics = metrics;
  }

  @Override
  public void force(FileChannel channel) throws IOException {
    long started = System.nanoTime();
    disk.force(channel);
    metrics.forcedFile(System.nanoTime() - started);
  }

  @Override
  public boolean forceAll(int dirtyLogs) throws IOException {
    long started = System.nanoTime();
    boolean done = disk.forceAll(dirtyLogs);
    if (done) {
      metrics.forcedFileSystem(System.nanoTime() - started);
    }
    return done;
  }

  @Override
  public long freeBytes() throws IOException {
    return disk.freeBytes();
  }

  @Override
  public void close() {
    disk.close();
  }
}
