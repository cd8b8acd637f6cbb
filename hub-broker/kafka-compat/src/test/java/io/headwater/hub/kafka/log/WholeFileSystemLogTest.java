package io.headwater.hub.kafka.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The behaviour suite on files that are forced by one call for the whole file system. */
class WholeFileSystemLogTest extends FilePartitionLogTest {
  @Override
  GatedDisk disk() {
    return new GatedDisk(FileSystemSync.open(Path.of(System.getProperty("java.io.tmpdir"))));
  }

  @BeforeEach
  void isPossible() {
    Optional<FileSystemSync> fileSystem =
        FileSystemSync.open(Path.of(System.getProperty("java.io.tmpdir")));
    assumeTrue(fileSystem.isPresent(), "no syncfs here");
    fileSystem.get().close();
  }

  @Test
  void oneForceServesManyLogs() {
    int before = attempts();
    hold();
    Appended[] appended = new Appended[20];
    for (int i = 0; i < appended.length; i++) {
      PartitionLog one =
          engine.create(
              new org.apache.kafka.common.TopicPartition("many", i),
              TOPIC_ID,
              config(java.util.Map.of()));
      appended[i] = Batches.append(one, "v");
    }
    release();
    for (Appended one : appended) {
      one.durable().join();
    }
    // The first commit may have begun with the first log alone.
    assertThat(attempts() - before).isLessThanOrEqualTo(2);
  }
}
