package io.headwater.hub.kafka.log;

import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/**
 * A process that appends until it is killed, and prints a line per batch once that is durable:
 * {@code acked PARTITION OFFSET VALUE}. Arguments: folder, seed.
 */
final class CrashingAppender {
  static final int PARTITIONS = 5;
  static final Uuid TOPIC_ID = new Uuid(1, 2);
  private static final int IN_FLIGHT = 50;

  private CrashingAppender() {}

  public static void main(String[] args) throws Exception {
    var random = new SplittableRandom(Long.parseLong(args[1]));
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    // Never closed: it is killed.
    LogEngine engine = open(Path.of(args[0]));
    List<PartitionLog> logs = logs(engine);
    var inFlight = new Semaphore(IN_FLIGHT);
    out.println("ready appender");
    for (long n = 0; ; n++) {
      inFlight.acquire();
      int partition = random.nextInt(PARTITIONS);
      String value = args[1] + "-" + n + "-" + "x".repeat(random.nextInt(3_000));
      Appended appended = Batches.append(logs.get(partition), value);
      appended
          .durable()
          .thenRun(() -> {
            out.println("acked " + partition + " " + appended.firstOffset() + " " + value);
            inFlight.release();
          });
    }
  }

  static LogEngine open(Path folder) throws Exception {
    return FileLogEngine.open(
        folder, FileLogSettings.DEFAULTS, new LogMetrics(new SimpleMeterRegistry()), Time.SYSTEM);
  }

  static List<PartitionLog> logs(LogEngine engine) {
    // Segments that roll every few dozen batches: crashes shall meet rolls too.
    var config = new TopicConfigs(Map.of()).effective(Map.of("internal.segment.bytes", "100000"));
    var logs = new ArrayList<PartitionLog>();
    for (int i = 0; i < PARTITIONS; i++) {
      logs.add(engine.create(new TopicPartition("crash", i), TOPIC_ID, config));
    }
    return logs;
  }
}
