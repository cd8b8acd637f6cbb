package io.headwater.hub.kafka.log;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;

/** Meters of the log engine. Thread-safe. */
public final class LogMetrics {
  private final Timer commit;
  private final DistributionSummary commitLogs;
  private final Counter appendedRecords;
  private final Counter appendedBytes;
  private final AtomicInteger dirty = new AtomicInteger();
  private final AtomicInteger logs = new AtomicInteger();
  private final AtomicInteger lost = new AtomicInteger();
  private final AtomicLong free = new AtomicLong();
  private final AtomicInteger stopped = new AtomicInteger();
  private volatile DoubleSupplier unforced = () -> 0;

  public LogMetrics(MeterRegistry registry) {
    commit =
        Timer.builder("hub.log.commit")
            .description("Time to make all dirty logs durable once")
            .publishPercentiles(0.5, 0.99)
            .register(registry);
    commitLogs =
        DistributionSummary.builder("hub.log.commit.logs")
            .description("Logs made durable by one commit")
            .baseUnit("logs")
            .register(registry);
    appendedRecords =
        Counter.builder("hub.log.appended")
            .description("Records appended, duplicates not counted")
            .baseUnit("records")
            .register(registry);
    appendedBytes =
        Counter.builder("hub.log.appended.size")
            .description("Bytes of the batches appended, duplicates not counted")
            .baseUnit("bytes")
            .register(registry);
    Gauge.builder("hub.log.dirty", dirty, AtomicInteger::get)
        .description("Logs with records that are not durable yet")
        .baseUnit("logs")
        .register(registry);
    Gauge.builder("hub.log.open", logs, AtomicInteger::get)
        .description("Open logs")
        .baseUnit("logs")
        .register(registry);
    Gauge.builder("hub.log.lost", lost, AtomicInteger::get)
        .description("Logs that an I/O error has ended until the next start")
        .baseUnit("logs")
        .register(registry);
    Gauge.builder("hub.log.free", free, AtomicLong::get)
        .description("Space left for the logs")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("hub.log.stopped", stopped, AtomicInteger::get)
        .description("1 while records are refused for want of space")
        .register(registry);
    Gauge.builder("hub.log.unforced", this, meters -> meters.unforced.getAsDouble())
        .description(
            "Age of the oldest append not forced to disk, what a power cut may take;"
                + " NaN if the operating system decides")
        .baseUnit("seconds")
        .register(registry);
  }

  void appended(long records, long bytes) {
    appendedRecords.increment((double) records);
    appendedBytes.increment((double) bytes);
  }

  void committed(long nanos, int dirtyLogs) {
    commit.record(nanos, TimeUnit.NANOSECONDS);
    commitLogs.record(dirtyLogs);
  }

  void dirtyLogs(int count) {
    dirty.set(count);
  }

  void openLogs(int count) {
    logs.set(count);
  }

  void lostLogs(int count) {
    lost.set(count);
  }

  void freeBytes(long bytes) {
    free.set(bytes);
  }

  void stopped(boolean now) {
    stopped.set(now ? 1 : 0);
  }

  void unforced(DoubleSupplier seconds) {
    unforced = seconds;
  }
}
