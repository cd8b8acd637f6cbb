package io.headwater.edge.log;

import io.headwater.edge.log.LogState.PartitionState;
import io.headwater.edge.log.WhenFull.Kind;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.StreamPartition;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Readings of a group that are acknowledged and given up: each takes an offset, behind those of the
 * group's rows, so that one gap holds all of a partition. They take no {@code seq}: there is no row
 * that a local reader could miss. Confined to the writer's thread.
 */
final class Discards {
  /** What they have in common. */
  record Sort(StreamPartition partition, GapReason reason, Kind policy) {}

  private final Map<Sort, Integer> counts = new LinkedHashMap<>();

  void add(Append append, GapReason reason) {
    counts.merge(new Sort(append.partition(), reason, append.whenFull().kind()), 1, Integer::sum);
  }

  boolean isEmpty() {
    return counts.isEmpty();
  }

  /** How many, by what they have in common. */
  Map<Sort, Integer> counts() {
    return counts;
  }

  /** Takes the offsets and writes the gaps; does not commit. */
  void writeTo(LogFile file, LogState state) throws SQLException {
    for (var entry : counts.entrySet()) {
      PartitionState partition = state.partitions().get(entry.getKey().partition());
      if (partition == null) {
        throw new IllegalStateException(entry.getKey() + " is not known");
      }
      long first = partition.nextOffset();
      long next = first + entry.getValue();
      file.insertGap(
          partition.id(), new Gap(first, next, entry.getKey().reason(), 0, next - first));
      partition.setNextOffset(next);
    }
  }
}
