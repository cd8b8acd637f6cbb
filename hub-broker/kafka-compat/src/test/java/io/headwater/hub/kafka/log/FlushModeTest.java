package io.headwater.hub.kafka.log;

import static io.headwater.hub.kafka.log.Batches.append;
import static io.headwater.hub.kafka.log.Batches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.utils.Time;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What each flush mode promises, and does not. */
@Timeout(60)
class FlushModeTest {
  private static final Duration STALL = Duration.ofMillis(50);
  private static final Uuid TOPIC_ID = Uuid.randomUuid();

  @TempDir Path folder;
  private final GatedDisk disk = new GatedDisk();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void alwaysWaitsForTheDiskAndTellsForHowLong() throws Exception {
    try (var engine = open(FlushMode.ALWAYS, Duration.ofSeconds(1))) {
      var log = log(engine, "t");
      disk.hold();
      Appended appended = append(log, "a");
      assertThat(unforced()).isPositive();
      assertThat(appended.durable()).isNotDone();
      assertThat(log.highWatermark()).isZero();
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(disk::isAwaited);
      long held = System.nanoTime();
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> System.nanoTime() - held > STALL.toNanos());
      assertThat(unforced()).isGreaterThan(STALL.toMillis() / 1e3);
      disk.release();
      appended.durable().join();
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> unforced() == 0);
      var force = registry.get("hub.log.force").tag("of", "file").timer();
      assertThat(force.count()).isEqualTo(1);
      assertThat(force.totalTime(TimeUnit.MILLISECONDS)).isGreaterThan((double) STALL.toMillis());
    }
  }

  @Test
  void intervalAnswersWhatIsWrittenAndForcesItSoon() throws Exception {
    try (var engine = open(FlushMode.INTERVAL, Duration.ofMillis(300))) {
      var log = log(engine, "t");
      disk.hold();
      for (int i = 0; i < 20; i++) {
        assertThat(append(log, "v" + i).durable()).isCompleted();
      }
      assertThat(log.highWatermark()).isEqualTo(20);
      assertThat(readAll(log)).hasSize(20);
      assertThat(unforced()).isPositive();
      assertThat(disk.forces()).isZero();
      disk.release();
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> unforced() == 0);
      assertThat(disk.forces()).isEqualTo(1);
    }
  }

  @Test
  void intervalForcesWhatIsLeftWhenItStops() throws Exception {
    try (var engine = open(FlushMode.INTERVAL, Duration.ofHours(1))) {
      append(log(engine, "t"), "a");
    }
    assertThat(disk.forces()).isEqualTo(1);
    try (var engine = open(FlushMode.ALWAYS, Duration.ofSeconds(1))) {
      assertThat(readAll(log(engine, "t"))).containsExactly("a");
    }
  }

  @Test
  void intervalGivesALogUpWhoseForceFailed() throws Exception {
    try (var engine = open(FlushMode.INTERVAL, Duration.ofMillis(10))) {
      var log = log(engine, "t");
      var other = log(engine, "u");
      disk.lose(((FilePartitionLog) log).unifiedLog().activeSegment().log().channel());
      assertThat(append(log, "acknowledged").durable()).isCompleted();
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> engine.problem().isPresent());
      assertThatThrownBy(() -> append(log, "b")).isInstanceOf(KafkaStorageException.class);
      assertThat(append(other, "c").durable()).isCompleted();
    }
  }

  @Test
  void osNeverForces() throws Exception {
    try (var engine = open(FlushMode.OS, Duration.ofMillis(10))) {
      var log = log(engine, "t");
      assertThat(append(log, "a").durable()).isCompleted();
      assertThat(readAll(log)).containsExactly("a");
      assertThat(unforced()).isNaN();
    }
    assertThat(disk.forces()).isZero();
    try (var engine = open(FlushMode.OS, Duration.ofMillis(10))) {
      assertThat(readAll(log(engine, "t"))).containsExactly("a");
    }
  }

  @Test
  void waitersHearOfWhatIsWrittenWhereNobodyWaitsForTheDisk() throws Exception {
    try (var engine = open(FlushMode.OS, Duration.ofMillis(10))) {
      var log = log(engine, "t");
      var heard = new ArrayList<Long>();
      log.onHighWatermark(heard::add);
      append(log, "a");
      append(log, "b", "c");
      assertThat(heard).containsExactly(0L, 1L, 3L);
    }
  }

  private double unforced() {
    return registry.get("hub.log.unforced").gauge().value();
  }

  private FileLogEngine open(FlushMode mode, Duration interval) throws Exception {
    FileLogSettings settings =
        new FileLogSettings(
            mode,
            interval,
            FileLogSettings.DEFAULTS.lowSpace(),
            Duration.ofMinutes(1),
            Duration.ofSeconds(30),
            Duration.ofDays(7),
            Duration.ofMinutes(15),
            1,
            FileLogSettings.DEFAULTS.cleanerMemory(),
            Duration.ofSeconds(15));
    registry.clear();
    return FileLogEngine.open(folder, settings, new LogMetrics(registry), Time.SYSTEM, disk);
  }

  private static PartitionLog log(LogEngine engine, String topic) {
    return engine.create(
        new TopicPartition(topic, 0), TOPIC_ID, new TopicConfigs(Map.of()).effective(Map.of()));
  }
}
