package io.headwater.hub.kafka.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
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
      PartitionLog one = engine.create(new TopicPartition("many", i), topicId, config(Map.of()));
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
  void aFailedForceOfTheFileSystemTakesTheLogsWhosePagesWereLost() {
    PartitionLog other = engine.create(new TopicPartition("u", 0), topicId, config(Map.of()));
    Batches.append(log, "before").durable().join();
    hold();
    Appended first = Batches.append(log, "a");
    await().until(disk::isAwaited);
    losePages(other);
    Appended second = Batches.append(other, "b"); // in the commit after the one that fails
    Appended third = Batches.append(log, "c");
    release();
    for (Appended kept : List.of(first, third)) {
      kept.durable().orTimeout(10, TimeUnit.SECONDS).join();
    }
    assertLost(second);
    assertThat(engine.failed()).isNotDone();
  }

  @Test
  void aLogOfTheFailedCommitItselfIsAskedToo() {
    PartitionLog other = engine.create(new TopicPartition("u", 0), topicId, config(Map.of()));
    hold();
    Appended one = Batches.append(log, "a"); // maybe alone in the first commit
    Appended two = Batches.append(other, "b");
    losePages(log);
    losePages(other);
    release();
    assertLost(one);
    assertLost(two);
  }

  private static void assertLost(Appended appended) {
    assertThatThrownBy(() -> appended.durable().orTimeout(10, TimeUnit.SECONDS).join())
        .hasCauseInstanceOf(KafkaStorageException.class);
  }
}
