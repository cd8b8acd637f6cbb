package io.headwater.hub.kafka.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Seed;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real process is killed in the middle of appends; what it said is durable must be there. */
@Timeout(120)
class LogCrashIT {
  private static final int ROUNDS = 6;

  @TempDir Path temp;

  @Test
  void everyAcknowledgedRecordSurvivesSigkill() throws Exception {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    Path folder = temp.resolve("logs");
    Map<String, String> acknowledged = new HashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      int before = acknowledged.size();
      appendUntilKilled(folder, random, acknowledged);
      assertThat(acknowledged).as("round %d, %s", round, seed).hasSizeGreaterThan(before + 10);
      // Now and then two crashes follow each other without a clean stop between them.
      if (random.nextInt(3) > 0 || round == ROUNDS - 1) {
        verify(folder, acknowledged, "round %d, %s".formatted(round, seed));
      }
    }
  }

  private void appendUntilKilled(
      Path folder, SplittableRandom random, Map<String, String> acknowledged) {
    try (var child =
        ChildProcess.start(
            temp,
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            CrashingAppender.class.getName(),
            folder.toString(),
            Long.toString(random.nextInt(1 << 30)))) {
      child.awaitReady(Duration.ofSeconds(30));
      int batches = 50 + random.nextInt(400);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(5 + random.nextInt(20)))
          .until(() -> acks(child.output()).size() >= batches);
      child.kill();
      for (String line : acks(child.output())) {
        String[] words = line.split(" ");
        acknowledged.put(words[1] + " " + words[2], words[3]);
      }
    }
  }

  /** Whole lines only: the last may have been cut by the kill. */
  private static List<String> acks(String output) {
    return output
        .substring(0, output.lastIndexOf('\n') + 1)
        .lines()
        .filter(line -> line.startsWith("acked "))
        .toList();
  }

  private static void verify(Path folder, Map<String, String> acknowledged, String where)
      throws Exception {
    Map<String, String> found = new HashMap<>();
    try (LogEngine engine = CrashingAppender.open(folder)) {
      for (PartitionLog log : CrashingAppender.logs(engine)) {
        assertThat(log.highWatermark()).as(where).isEqualTo(log.endOffset());
        read(log, found, where);
      }
    }
    for (Map.Entry<String, String> one : acknowledged.entrySet()) {
      // Not by a map assertion: its text would hold every value.
      assertThat(one.getValue().equals(found.get(one.getKey())))
          .as("the record acknowledged at partition and offset %s, %s", one.getKey(), where)
          .isTrue();
    }
  }

  private static void read(PartitionLog log, Map<String, String> found, String where) {
    long next = log.startOffset();
    while (next < log.endOffset()) {
      LogRead read = log.read(next, 1 << 20, true, IsolationLevel.READ_UNCOMMITTED);
      for (RecordBatch batch : read.records().batches()) {
        batch.ensureValid();
        for (Record record : batch) {
          assertThat(record.offset()).as("dense offsets, %s", where).isEqualTo(next);
          found.put(
              log.topicPartition().partition() + " " + next,
              StandardCharsets.UTF_8.decode(record.value()).toString());
          next++;
        }
      }
    }
  }
}
