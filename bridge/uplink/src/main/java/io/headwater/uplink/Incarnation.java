package io.headwater.uplink;

import java.util.Map;

/**
 * One opening of an edge log.
 *
 * @param id random
 * @param firstOffsets that this opening may write; partitions that did not exist yet are not in it
 */
public record Incarnation(long id, Map<StreamPartition, Long> firstOffsets) {
  public Incarnation {
    firstOffsets = Map.copyOf(firstOffsets);
  }
}
