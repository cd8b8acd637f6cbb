package io.headwater.edge.log;

import io.headwater.process.ByteSize;
import java.time.Duration;
import java.util.Optional;

/**
 * How the log works.
 *
 * @param fileSize at which the next file is begun
 * @param retention bytes of all files; above it settled files are deleted, oldest first
 * @param retentionAge after which settled files are deleted, by the time of their newest reading;
 *     only by a clock that can be trusted
 * @param linger how long the writer waits for company before a commit; saves flash
 * @param queue readings that may wait for the writer
 * @param sessionBacklog bytes up to which settled files are kept for sessions that have not got
 *     what is in them
 * @param syncInterval after which readings of the classes {@code interval} and {@code memory} are
 *     forced to disk at the latest
 * @param space what the log may take of the card
 * @param flashBudget above which forcing takes longer
 */
public record LogSettings(
    ByteSize fileSize,
    ByteSize retention,
    Duration linger,
    int queue,
    ByteSize sessionBacklog,
    Duration syncInterval,
    Optional<Duration> retentionAge,
    SpaceSettings space,
    FlashBudget flashBudget) {
  public static final LogSettings DEFAULTS =
      new LogSettings(
          ByteSize.ofMebibytes(64),
          ByteSize.ofMebibytes(1024),
          Duration.ZERO,
          8192,
          ByteSize.ofMebibytes(2048),
          Duration.ofSeconds(1),
          Optional.empty(),
          SpaceSettings.DEFAULTS,
          FlashBudget.NONE);

  /** With the default backlog of sessions. */
  public LogSettings(ByteSize fileSize, ByteSize retention, Duration linger, int queue) {
    this(fileSize, retention, linger, queue, DEFAULTS.sessionBacklog());
  }

  /** With the default interval. */
  public LogSettings(
      ByteSize fileSize, ByteSize retention, Duration linger, int queue, ByteSize sessionBacklog) {
    this(fileSize, retention, linger, queue, sessionBacklog, DEFAULTS.syncInterval());
  }

  /** With the default space, without an age and a budget. */
  public LogSettings(
      ByteSize fileSize,
      ByteSize retention,
      Duration linger,
      int queue,
      ByteSize sessionBacklog,
      Duration syncInterval) {
    this(
        fileSize,
        retention,
        linger,
        queue,
        sessionBacklog,
        syncInterval,
        Optional.empty(),
        SpaceSettings.DEFAULTS,
        FlashBudget.NONE);
  }

  public LogSettings {
    if (fileSize.bytes() < 1 << 16) {
      throw new IllegalArgumentException("log.file-size " + fileSize + " < min 64KiB");
    }
    if (linger.compareTo(Duration.ofSeconds(10)) > 0) {
      throw new IllegalArgumentException("log.linger " + linger.toMillis() + "ms > max 10s");
    }
    if (syncInterval.toMillis() < 10 || syncInterval.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException(
          "log.sync-interval " + syncInterval.toMillis() + "ms is not 10ms to 1h");
    }
    retentionAge.ifPresent(age -> {
      if (age.toMinutes() < 1) {
        throw new IllegalArgumentException(
            "log.retention-age " + age.toMillis() + "ms < min 1m; without one age does not count");
      }
    });
    if (queue < 1) {
      throw new IllegalArgumentException("log.queue " + queue + " < min 1");
    }
  }
}
