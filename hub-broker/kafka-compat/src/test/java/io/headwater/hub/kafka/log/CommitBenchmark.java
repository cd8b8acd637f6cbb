package io.headwater.hub.kafka.log;

import io.headwater.hub.kafka.metadata.TopicConfigs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;

/**
 * Measures what a commit costs by the number of dirty partitions. Run by hand: folder, rounds.
 *
 * <p>One round appends a batch of 1 KiB to each of N logs and waits until all are durable.
 */
final class CommitBenchmark {
  private CommitBenchmark() {}

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    int rounds = Integer.parseInt(args[1]);
    for (int partitions : new int[] {1, 10, 100, 1000}) {
      measure(folder.resolve("p" + partitions), partitions, Math.max(5, rounds / partitions));
    }
  }

  private static void measure(Path folder, int partitions, int rounds) throws Exception {
    long opening = System.nanoTime();
    try (var engine =
        FileLogEngine.open(
            folder,
            FileLogSettings.DEFAULTS,
            new LogMetrics(new SimpleMeterRegistry()),
            Time.SYSTEM)) {
      List<PartitionLog> logs = new ArrayList<>();
      Uuid id = Uuid.randomUuid();
      var config = new TopicConfigs(Map.of()).effective(Map.of());
      for (int i = 0; i < partitions; i++) {
        logs.add(engine.create(new TopicPartition("bench", i), id, config));
      }
      double open = millis(System.nanoTime() - opening);
      long[] took = new long[rounds];
      for (int round = 0; round < rounds; round++) {
        long started = System.nanoTime();
        CompletableFuture<?>[] durable = new CompletableFuture<?>[partitions];
        for (int i = 0; i < partitions; i++) {
          durable[i] = Batches.append(logs.get(i), batch()).durable();
        }
        CompletableFuture.allOf(durable).get(60, TimeUnit.SECONDS);
        took[round] = System.nanoTime() - started;
      }
      Arrays.sort(took);
      System.out.printf(
          "%d dirty partitions: all durable p50 %.2f ms, max %.2f ms (%d rounds); made in %.0f ms%n",
          partitions, millis(took[rounds / 2]), millis(took[rounds - 1]), rounds, open);
    }
  }

  private static MemoryRecords batch() {
    return MemoryRecords.withRecords(
        Compression.NONE,
        new SimpleRecord(Time.SYSTEM.milliseconds(), new byte[8], new byte[1024]));
  }

  private static double millis(long nanos) {
    return nanos / 1e6;
  }
}
