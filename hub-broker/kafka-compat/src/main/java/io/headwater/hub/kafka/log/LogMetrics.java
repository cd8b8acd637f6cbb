package io.headwater.hub.kafka.log;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import java.util.stream.LongStream;
import org.apache.kafka.storage.internals.log.LogCleaner;

/** Meters of the log engine. Thread-safe. */
public final class LogMetrics {
  private static final Duration[] BUCKETS =
      LongStream.of(1, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final MeterRegistry registry;
  private final Timer commit;
  private final Timer forceFile;
  private final Timer forceFileSystem;
  private final DistributionSummary commitLogs;
  private final DistributionSummary commitRecords;
  private final DistributionSummary commitSize;
  private final Counter appendedRecords;
  private final Counter appendedBytes;
  private final Counter retired;
  private final AtomicInteger dirty;
  private final AtomicInteger logs;
  private final AtomicInteger lost;
  private final AtomicInteger stopped;
  private final AtomicLong free = new AtomicLong();
  private final AtomicLong lowSpace = new AtomicLong();
  private volatile DoubleSupplier unforced = () -> 0;
  private volatile DoubleSupplier size = () -> 0;

  public LogMetrics(MeterRegistry registry) {
    this.registry = registry;
    commit =
        Timer.builder("hub.log.commit")
            .description("Time to make all dirty logs durable once")
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
    forceFile = force("file");
    forceFileSystem = force("file-system");
    commitLogs = commits("hub.log.commit.logs", "logs", "Logs made durable by one commit");
    commitRecords =
        commits("hub.log.commit.records", "records", "Records made durable by one commit");
    commitSize = commits("hub.log.commit.size", "bytes", "Bytes made durable by one commit");
    appendedRecords =
        counter(
            "hub.log.appended",
            "records",
            "Records appended by clients and coordinators, duplicates not counted");
    appendedBytes =
        counter(
            "hub.log.appended.size",
            "bytes",
            "Bytes of the batches appended, duplicates not counted");
    retired =
        counter(
            "hub.log.retired",
            "segments",
            "Segments of topics without compaction deleted for their age or size");
    dirty = count("hub.log.dirty", "Logs with records that are not durable yet");
    logs = count("hub.log.open", "Open logs");
    lost = count("hub.log.lost", "Logs that an I/O error has ended until the next start");
    stopped = new AtomicInteger();
    Gauge.builder("hub.log.stopped", stopped, AtomicInteger::get)
        .description("1 while records are refused for want of space")
        .register(registry);
    Gauge.builder("hub.log.free", free, AtomicLong::get)
        .description("Space left for the logs")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("hub.log.low.space", lowSpace, AtomicLong::get)
        .description("Records are refused while less is free, log.low-space")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("hub.log.size", this, meters -> meters.size.getAsDouble())
        .description("Bytes of all logs' segments")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("hub.log.unforced", this, meters -> meters.unforced.getAsDouble())
        .description(
            "Age of the oldest append not forced to disk, what a power cut may take;"
                + " NaN if the operating system decides")
        .baseUnit("seconds")
        .register(registry);
  }

  private Timer force(String what) {
    return Timer.builder("hub.log.force")
        .description("Time of one fsync: of a file, or of the whole file system at once")
        .serviceLevelObjectives(BUCKETS)
        .tag("of", what)
        .register(registry);
  }

  private DistributionSummary commits(String name, String unit, String description) {
    return DistributionSummary.builder(name)
        .description(description)
        .baseUnit(unit)
        .register(registry);
  }

  private Counter counter(String name, String unit, String description) {
    return Counter.builder(name).description(description).baseUnit(unit).register(registry);
  }

  private AtomicInteger count(String name, String description) {
    var count = new AtomicInteger();
    Gauge.builder(name, count, AtomicInteger::get)
        .description(description)
        .baseUnit("logs")
        .register(registry);
    return count;
  }

  /** How long it takes to become the owner of a log; only where logs have changing owners. */
  public Timer takeovers() {
    return Timer.builder("hub.cluster.takeover")
        .description("Time to become the owner of a partition's log")
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  public void appended(long records, long bytes) {
    appendedRecords.increment((double) records);
    appendedBytes.increment((double) bytes);
  }

  void committed(long nanos, int dirtyLogs, long records, long bytes) {
    commit.record(nanos, TimeUnit.NANOSECONDS);
    commitLogs.record(dirtyLogs);
    commitRecords.record((double) records);
    commitSize.record((double) bytes);
  }

  void forcedFile(long nanos) {
    forceFile.record(nanos, TimeUnit.NANOSECONDS);
  }

  void forcedFileSystem(long nanos) {
    forceFileSystem.record(nanos, TimeUnit.NANOSECONDS);
  }

  public void retired(int segments) {
    retired.increment(segments);
  }

  void dirtyLogs(int count) {
    dirty.set(count);
  }

  public void openLogs(int count) {
    logs.set(count);
  }

  public void lostLogs(int count) {
    lost.set(count);
  }

  void freeBytes(long bytes) {
    free.set(bytes);
  }

  void lowSpace(long bytes) {
    lowSpace.set(bytes);
  }

  void stopped(boolean now) {
    stopped.set(now ? 1 : 0);
  }

  void unforced(DoubleSupplier seconds) {
    unforced = seconds;
  }

  public void size(DoubleSupplier bytes) {
    size = bytes;
  }

  /**
   * @param folder of the logs that it cleans
   */
  void cleaner(LogCleaner cleaner, String folder) {
    CleanerMeters.register(registry, cleaner, folder);
  }
}
