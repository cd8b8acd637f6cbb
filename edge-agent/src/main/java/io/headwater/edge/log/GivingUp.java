package io.headwater.edge.log;

import io.headwater.uplink.GapReason;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes room in a full log: settled files go first, whoever has not read them, then the oldest
 * whose readings may be given up, then the reserve for what must be written. Confined to the
 * writer's thread.
 */
final class GivingUp {
  private static final Logger LOGGER = LoggerFactory.getLogger(GivingUp.class);
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final LogFiles files;
  private final Room room;
  private final EdgeLogMetrics metrics;
  private long toldNanos = System.nanoTime() - QUIET_NANOS;
  private long untold;
  private long tried;
  private long lastNanos = System.nanoTime() - PAUSE_NANOS;
  private final Supplier<Map<StreamPartition, OffsetRanges>> settledNow;
  private final Runnable checkpoint;
  private final BooleanSupplier sealActive;

  /**
   * @param settledNow what the hub has
   * @param checkpoint brings what is written ahead of the active file into it, as far as that goes
   * @param sealActive begins a new file, if readings of the active one may be given up then
   */
  GivingUp(
      LogFiles files,
      Room room,
      EdgeLogMetrics metrics,
      Supplier<Map<StreamPartition, OffsetRanges>> settledNow,
      Runnable checkpoint,
      BooleanSupplier sealActive) {
    this.files = files;
    this.room = room;
    this.metrics = metrics;
    this.settledNow = settledNow;
    this.checkpoint = checkpoint;
    this.sealActive = sealActive;
  }

  /** Looks whether the log is full, and whether something may go that nobody needs as much. */
  void look() {
    room.measure();
    if (!room.isFull() || !isDue()) {
      return;
    }
    boolean isNews = tried != room.timesFull();
    run();
    if (room.isFull() && isNews) {
      checkpoint.run(); // from now on it grows only by what it must take
      room.settleDown();
    }
  }

  /** Whether it was not tried yet since the log is full, or it is time to look again. */
  private boolean isDue() {
    return tried != room.timesFull() || System.nanoTime() - lastNanos >= PAUSE_NANOS;
  }

  /**
   * SQLite finds the disk full. Whether it is worth to try again.
   *
   * @param rowBytes of the readings that it found no room for
   */
  boolean makeRoom(long rowBytes) {
    boolean isNews = room.foundFull();
    boolean gone = isNews && run();
    // First those are refused that have no part in the reserve.
    boolean given = !isNews && room.giveFor(rowBytes);
    checkpoint.run(); // what is in the write-ahead log makes room there
    return isNews || gone || given;
  }

  /** Makes room for what must be written beside readings, if it was that which failed. */
  void afterFailure(SQLException failure) {
    if (LogFile.lacksRoom(failure)) {
      makeRoom(0);
    }
  }

  /** Whether the log has got smaller by it. */
  private boolean run() {
    Map<StreamPartition, OffsetRanges> settled = settledNow.get();
    lastNanos = System.nanoTime();
    tried = room.timesFull();
    long before = files.bytes();
    boolean again = true;
    while (again) {
      try {
        files.applyRetention((_, _) -> isWanting(before), settled, List.of());
        while (isWanting(before) && giveUpOldest(settled)) {
          // The next one.
        }
        again = isWanting(before) && sealActive.getAsBoolean();
      } catch (SQLException e) {
        // What is left of a file needs room before the file's is there.
        again = LogFile.lacksRoom(e) && room.giveFor(0);
        if (!again) {
          LOGGER
              .atWarn()
              .addKeyValue("error", e.getMessage())
              .log("The oldest readings could not be given up for newer ones");
        }
      }
    }
    return files.bytes() < before;
  }

  private boolean giveUpOldest(Map<StreamPartition, OffsetRanges> settled) throws SQLException {
    long readings = files.giveUpOldest(settled, room.carried());
    if (readings > 0) {
      metrics.discarded(WhenFull.Kind.DROP_OLDEST, GapReason.DISK_FULL, readings);
      tell(readings);
    }
    return readings > 0;
  }

  /** At most every ten seconds: the journal is often on the same disk. */
  private void tell(long readings) {
    untold += readings;
    long now = System.nanoTime();
    if (now - toldNanos >= QUIET_NANOS) {
      LOGGER
          .atWarn()
          .addKeyValue("records", untold)
          .log("The oldest readings were given up for newer ones");
      toldNanos = now;
      untold = 0;
    }
  }

  private boolean isWanting(long before) {
    if (files.bytes() < before) {
      room.freed();
    }
    room.measure();
    return room.isFull();
  }
}
