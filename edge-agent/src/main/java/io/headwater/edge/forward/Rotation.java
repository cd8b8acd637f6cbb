package io.headwater.edge.forward;

import io.headwater.uplink.StreamPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Deals turns to partitions, so that one with much to send does not keep the others waiting when
 * there is room for a batch only now and then. Confined to the forwarder's thread.
 */
final class Rotation {
  private @Nullable StreamPartition last;

  /** The partitions in the order in which they have their turn. */
  List<Map.Entry<StreamPartition, Long>> next(Map<StreamPartition, Long> ends) {
    var sorted = new TreeMap<>(ends);
    StreamPartition before = last;
    if (before == null) {
      return List.copyOf(sorted.entrySet());
    }
    var order = new ArrayList<>(sorted.tailMap(before, false).entrySet());
    order.addAll(sorted.headMap(before, true).entrySet());
    return order;
  }

  void served(StreamPartition partition) {
    last = partition;
  }
}
