package io.headwater.cli;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * Looks up offsets.
 *
 * @param isolation where a partition ends: behind what is committed, or behind what is there
 */
record Offsets(Hub hub, IsolationLevel isolation) {
  Map<TopicPartition, Long> starts(Collection<TopicPartition> partitions) {
    return list(partitions, OffsetSpec.earliest());
  }

  Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions) {
    return list(partitions, OffsetSpec.latest());
  }

  /**
   * Where a position lies in each partition, never outside of what the partition holds.
   *
   * @param current where the group is, for {@link Position.By}; a partition without one is at its
   *     start
   */
  Map<TopicPartition, Long> resolve(
      Position position, Collection<TopicPartition> partitions, Map<TopicPartition, Long> current) {
    Map<TopicPartition, Long> starts = starts(partitions);
    Map<TopicPartition, Long> ends = ends(partitions);
    Map<TopicPartition, Long> since =
        position instanceof Position.Since(var time)
            ? list(partitions, OffsetSpec.forTimestamp(time.toEpochMilli()))
            : Map.of();
    var resolved = new TreeMap<TopicPartition, Long>(Partitions.ORDER);
    for (TopicPartition partition : partitions) {
      long start = starts.getOrDefault(partition, 0L);
      long end = Math.max(start, ends.getOrDefault(partition, start));
      long wanted =
          switch (position) {
            case Position.Earliest _ -> start;
            case Position.Latest _ -> end;
            case Position.At(long offset) -> offset;
            case Position.BeforeEnd(long count) -> end - count;
            case Position.By(long count) -> current.getOrDefault(partition, start) + count;
            case Position.Since _ -> {
              long offset = since.getOrDefault(partition, -1L);
              yield offset < 0 ? end : offset; // none so young: what comes next is
            }
          };
      resolved.put(partition, Math.clamp(wanted, start, end));
    }
    return resolved;
  }

  private Map<TopicPartition, Long> list(
      Collection<TopicPartition> partitions, OffsetSpec specification) {
    var asked = new HashMap<TopicPartition, OffsetSpec>();
    partitions.forEach(partition -> asked.put(partition, specification));
    var offsets = new HashMap<TopicPartition, Long>();
    Map<TopicPartition, ListOffsetsResultInfo> found =
        hub.await(
            "offsets", hub.admin().listOffsets(asked, new ListOffsetsOptions(isolation)).all());
    found.forEach((partition, info) -> offsets.put(partition, info.offset()));
    return offsets;
  }
}
