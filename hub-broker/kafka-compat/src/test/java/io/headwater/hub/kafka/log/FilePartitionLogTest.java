package io.headwater.hub.kafka.log;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.io.TempDir;

/** The behaviour suite on files. */
class FilePartitionLogTest extends PartitionLogSuite {
  @TempDir Path folder;
  final GatedDisk disk = disk();

  GatedDisk disk() {
    return new GatedDisk();
  }

  @Override
  protected LogEngine open() throws Exception {
    return FileLogEngine.open(
        folder.resolve("logs"),
        FileLogSettings.DEFAULTS,
        new LogMetrics(new SimpleMeterRegistry()),
        Time.SYSTEM,
        disk);
  }

  @Override
  protected void hold() {
    disk.hold();
  }

  @Override
  protected void release() {
    disk.release();
  }

  @Override
  protected void losePages(PartitionLog log) {
    disk.lose(((FilePartitionLog) log).unifiedLog().activeSegment().log().channel());
  }

  @Override
  protected int attempts() {
    return disk.forces();
  }

  @Override
  protected void awaitDeleted(TopicPartition partition, Uuid id) {
    // It is gone when keepOnly returns.
  }
}
