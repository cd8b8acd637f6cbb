package io.headwater.hub.kafka.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses records before the disk is full: a write that finds no room would cost the log.
 *
 * <p>Clients' records are refused below the limit, until a quarter more than it is free again.
 * Coordinators may go on down to a quarter of the limit, so that groups commit and transactions end
 * meanwhile. Reads need nothing and are never refused. Thread-safe.
 */
final class LowSpace {
  private static final Logger LOGGER = LoggerFactory.getLogger(LowSpace.class);

  private final Disk disk;
  private final Path folder;
  private final long limit;
  private final LogMetrics metrics;

  /** Free bytes when last looked at, less what was appended since. */
  private final AtomicLong left = new AtomicLong(Long.MAX_VALUE);

  private volatile boolean stopped;

  LowSpace(Disk disk, Path folder, long limit, LogMetrics metrics) {
    this.disk = disk;
    this.folder = folder;
    this.limit = limit;
    this.metrics = metrics;
    metrics.lowSpace(limit);
    look(0);
  }

  /**
   * Lets so many bytes be appended.
   *
   * @throws KafkaStorageException which clients answer by trying again
   */
  void admit(AppendOrigin origin, long bytes) {
    boolean ofClient = origin == AppendOrigin.CLIENT;
    if (ofClient && stopped) {
      throw refusal();
    }
    long floor = ofClient ? limit : limit / 4;
    if (left.addAndGet(-bytes) < floor) { // by estimate; only the disk knows
      look(bytes);
      if ((ofClient && stopped) || left.get() < floor) {
        throw refusal();
      }
    }
  }

  /** Looks how much is free: now and then, and when the next bytes might be too many. */
  synchronized void look(long wanted) {
    long free;
    try {
      free = disk.freeBytes();
    } catch (IOException _) {
      return; // the estimate stays; a disk in trouble shows at the next append
    }
    left.set(free - wanted);
    metrics.freeBytes(free);
    if (!stopped && free - wanted < limit) {
      stopped = true;
      metrics.stopped(true);
      LOGGER
          .atWarn()
          .addKeyValue("path", folder)
          .addKeyValue("freeBytes", free)
          .addKeyValue("limitBytes", limit)
          .log("Little space is left: records are refused until there is room");
    } else if (stopped && free - wanted >= limit + limit / 4) {
      stopped = false;
      metrics.stopped(false);
      LOGGER
          .atInfo()
          .addKeyValue("path", folder)
          .addKeyValue("freeBytes", free)
          .log("There is room again: records are taken");
    }
  }

  /** What an operator has to know. */
  Optional<String> problem() {
    return stopped ? Optional.of(text()) : Optional.empty();
  }

  private KafkaStorageException refusal() {
    return new KafkaStorageException(text());
  }

  private String text() {
    return "records are refused: %d MiB are free below %s, log.low-space is %d MiB; make room"
        .formatted(Math.max(0, left.get()) >> 20, folder, limit >> 20);
  }
}
