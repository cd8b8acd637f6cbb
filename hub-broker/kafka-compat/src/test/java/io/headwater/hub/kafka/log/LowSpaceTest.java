package io.headwater.hub.kafka.log;

import static io.headwater.hub.kafka.log.Batches.append;
import static io.headwater.hub.kafka.log.Batches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LowSpaceTest {
  private static final long LIMIT = FileLogSettings.DEFAULTS.lowSpace().bytes();

  @TempDir Path folder;
  private final GatedDisk disk = new GatedDisk();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private LowSpace guard() {
    return new LowSpace(disk, folder, LIMIT, new LogMetrics(registry));
  }

  private double gauge(String name) {
    return registry.get(name).gauge().value();
  }

  @Test
  void refusesAtTheLimitAndResumesAQuarterAboveIt() {
    disk.free(LIMIT);
    LowSpace space = guard();
    space.admit(AppendOrigin.CLIENT, 0);
    assertThat(space.problem()).isEmpty();

    disk.free(LIMIT - 1);
    space.look(0);
    assertThatThrownBy(() -> space.admit(AppendOrigin.CLIENT, 0))
        .isInstanceOf(KafkaStorageException.class)
        .hasMessageContaining("255 MiB are free below " + folder)
        .hasMessageContaining("log.low-space is 256 MiB");
    assertThat(space.problem()).isPresent();
    assertThat(gauge("hub.log.stopped")).isEqualTo(1);
    assertThat(gauge("hub.log.free")).isEqualTo((double) (LIMIT - 1));

    disk.free(LIMIT + LIMIT / 4 - 1);
    space.look(0);
    assertThatThrownBy(() -> space.admit(AppendOrigin.CLIENT, 0))
        .isInstanceOf(KafkaStorageException.class);

    disk.free(LIMIT + LIMIT / 4);
    space.look(0);
    space.admit(AppendOrigin.CLIENT, 0);
    assertThat(space.problem()).isEmpty();
    assertThat(gauge("hub.log.stopped")).isZero();
  }

  @Test
  void coordinatorsGoOnUntilAQuarterOfTheLimit() {
    disk.free(LIMIT / 4 + 100);
    LowSpace space = guard();
    space.admit(AppendOrigin.COORDINATOR, 100);
    disk.free(LIMIT / 4);
    assertThatThrownBy(() -> space.admit(AppendOrigin.COORDINATOR, 1))
        .isInstanceOf(KafkaStorageException.class);
  }

  @Test
  void doesNotWaitForTheNextLookIfAppendsThemselvesTakeTheRoom() {
    disk.free(LIMIT + 1_000);
    LowSpace space = guard();
    space.admit(AppendOrigin.CLIENT, 800);
    disk.free(LIMIT + 200);
    assertThatThrownBy(() -> space.admit(AppendOrigin.CLIENT, 800))
        .isInstanceOf(KafkaStorageException.class);
  }

  @Test
  void believesTheDiskRatherThanTheEstimate() {
    disk.free(LIMIT + 1_000);
    LowSpace space = guard();
    for (int i = 0; i < 10; i++) {
      space.admit(AppendOrigin.CLIENT, 800); // retention frees as much meanwhile
    }
    assertThat(space.problem()).isEmpty();
  }

  @Test
  void clientsAreToldToTryAgain() {
    disk.free(0);
    LowSpace space = guard();
    assertThatThrownBy(() -> space.admit(AppendOrigin.CLIENT, 1))
        .satisfies(refusal -> {
          Errors error = Errors.forException(refusal);
          assertThat(error).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
          assertThat(error.exception()).isInstanceOf(RetriableException.class);
        });
  }

  @Test
  void theEngineRefusesReadsOnAndResumesByItself() throws Exception {
    try (var engine =
        FileLogEngine.open(
            folder, FileLogSettings.DEFAULTS, new LogMetrics(registry), Time.SYSTEM, disk)) {
      var log =
          engine.create(
              new TopicPartition("t", 0),
              Uuid.randomUuid(),
              new TopicConfigs(Map.of()).effective(Map.of()));
      append(log, "a").durable().join();
      disk.free(LIMIT - 1);
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThat(engine.problem()).isPresent());
      assertThatThrownBy(() -> append(log, "refused")).isInstanceOf(KafkaStorageException.class);
      assertThat(readAll(log)).containsExactly("a");
      log.append(
              MemoryRecords.withRecords(Compression.NONE, Batches.record(1, "k", "offsets")),
              0,
              AppendOrigin.COORDINATOR,
              VerificationGuard.SENTINEL,
              Batches.NO_TRANSACTION_VERSION)
          .durable()
          .join();
      disk.free(2 * LIMIT);
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThat(engine.problem()).isEmpty());
      append(log, "b").durable().join();
      assertThat(readAll(log)).containsExactly("a", "offsets", "b");
      assertThat(engine.failed()).isNotDone();
    }
  }
}
