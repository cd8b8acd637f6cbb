package io.headwater.edge.log;

import io.headwater.uplink.GapReason;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes room in a full log: settled files go first, whoever has not read them, then the oldest
 * whose readings may be given up. Confined to the writer's thread.
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

  GivingUp(LogFiles files, Room room, EdgeLogMetrics metrics) {
    this.files = files;
    this.room = room;
    this.metrics = metrics;
  }

  /** Whether it was not tried yet since the log is full, or it is time to look again. */
  boolean isDue() {
    return tried != room.timesFull() || System.nanoTime() - lastNanos >= PAUSE_NANOS;
  }

  /** Whether the log has got smaller by it. */
  boolean run(Map<StreamPartition, OffsetRanges> settled) {
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
        again = false;
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
