package io.headwater.hub.kafka.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
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
      PartitionLog one = engine.create(new TopicPartition("many", i), TOPIC_ID, config(Map.of()));
      appended[i] = Batches.append(one, "v");
    }
    release();
    for (Appended one : appended) {
      one.durable().join();
    }
    // The first commit may have begun with the first log alone.
    assertThat(attempts() - before).isLessThanOrEqualTo(2);
  }

  @Test
  void aFailedForceOfTheFileSystemTakesEveryLogThatHadSomethingToLose() {
    PartitionLog other = engine.create(new TopicPartition("u", 0), TOPIC_ID, config(Map.of()));
    PartitionLog idle = engine.create(new TopicPartition("v", 0), TOPIC_ID, config(Map.of()));
    hold();
    Appended first = Batches.append(log, "a");
    Appended second = Batches.append(other, "b"); // whose own force was never tried
    failDiskOnce();
    release();
    for (Appended lost : List.of(first, second)) {
      assertThatThrownBy(() -> lost.durable().orTimeout(10, TimeUnit.SECONDS).join())
          .hasCauseInstanceOf(KafkaStorageException.class);
    }
    Batches.append(idle, "c").durable().orTimeout(10, TimeUnit.SECONDS).join();
  }
}
