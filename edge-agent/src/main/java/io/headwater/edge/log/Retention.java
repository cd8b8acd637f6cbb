package io.headwater.edge.log;

import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Deletes files whose readings are all in the hub, once they are more or older than wanted and
 * nobody needs them any more. Confined to the writer's thread, but for {@link #hold}.
 */
final class Retention {
  /** What the sessions have not got. */
  private record SessionsHold(long neededSeq, long mostBytes) implements LogHold {}

  private final LogSettings settings;
  private final LogFiles files;
  private final Room room;
  private final List<LogHold> holds = new CopyOnWriteArrayList<>();

  Retention(LogSettings settings, LogFiles files, Room room) {
    this.settings = settings;
    this.files = files;
    this.room = room;
  }

  /** From any thread: keeps what a reader has not read yet. */
  void hold(LogHold hold) {
    holds.add(hold);
  }

  /**
   * Looks whether files have to go.
   *
   * @param settled what the hub has
   */
  void apply(ActiveFile active, Map<StreamPartition, OffsetRanges> settled) throws SQLException {
    boolean scarce = room.isScarce();
    if (files.bytes() <= settings.retention().bytes()
        && settings.retentionAge().isEmpty()
        && !scarce) {
      return;
    }
    var readers = new ArrayList<>(holds);
    readers.add(new SessionsHold(active.lowestNeeded(), settings.sessionBacklog().bytes()));
    files.applyRetention(
        (oldest, bytes) ->
            bytes > settings.retention().bytes()
                || isOld(oldest)
                || (scarce && room.isNearlyScarce()),
        settled,
        readers);
  }

  /** As far as the clock can tell for certain. */
  private boolean isOld(Path file) throws SQLException {
    return settings.retentionAge().isPresent()
        && files.leastAgeMs(file) > settings.retentionAge().orElseThrow().toMillis();
  }
}
