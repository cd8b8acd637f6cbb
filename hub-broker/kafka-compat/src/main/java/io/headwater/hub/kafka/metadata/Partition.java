package io.headwater.hub.kafka.metadata;

import java.util.List;

/**
 * Who serves a partition.
 *
 * @param index from 0
 * @param leader broker id; -1 if nobody
 * @param leaderEpoch rises with each change of the leader and each reload that a coordinator asks
 *     for
 * @param replicas broker ids, the first preferred; stable over a change of the leader
 */
public record Partition(int index, int leader, int leaderEpoch, List<Integer> replicas) {
  public Partition {
    replicas = List.copyOf(replicas);
  }

  Partition withLeaderEpoch(int epoch) {
    return new Partition(index, leader, epoch, replicas);
  }
}
