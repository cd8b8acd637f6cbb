package io.headwater.hub.kafka.metadata;

import java.util.ArrayList;
import java.util.List;

/**
 * Who serves a partition.
 *
 * @param index from 0
 * @param leader broker id; -1 if nobody
 * @param leaderEpoch rises with each change of the leader and each reload that a coordinator asks
 *     for
 * @param replicas broker ids, the first preferred; the leader is one of them, unless they were
 *     chosen by hand and none of them is there
 * @param byHand whether users have chosen the replicas: then only users change them
 */
public record Partition(
    int index, int leader, int leaderEpoch, List<Integer> replicas, boolean byHand) {
  public Partition {
    replicas = List.copyOf(replicas);
  }

  /** One whose replicas nobody has chosen. */
  public Partition(int index, int leader, int leaderEpoch, List<Integer> replicas) {
    this(index, leader, leaderEpoch, replicas, false);
  }

  Partition withLeaderEpoch(int epoch) {
    return new Partition(index, leader, epoch, replicas, byHand);
  }

  /** Under another leader, and the next epoch. */
  public Partition ledBy(int broker) {
    return new Partition(index, broker, leaderEpoch + 1, replicas, byHand);
  }

  /** With replicas that users have chosen, under the same leader. */
  Partition placedOn(List<Integer> chosen) {
    return new Partition(index, leader, leaderEpoch, chosen, true);
  }

  /** Led by a broker that is to be one of the replicas: in the place of another, if it is not. */
  Partition takenBy(int broker) {
    if (byHand || replicas.contains(broker)) {
      return ledBy(broker);
    }
    var others = new ArrayList<>(replicas);
    others.set(Math.max(0, replicas.indexOf(leader)), broker);
    return new Partition(index, broker, leaderEpoch + 1, others);
  }

  /** Led from now on by a broker that becomes the preferred one. */
  Partition givenTo(int broker) {
    var order = new ArrayList<>(replicas);
    if (!order.remove(/* element */ (Integer) broker)) {
      order.removeFirst();
    }
    order.addFirst(broker);
    return new Partition(index, broker, leaderEpoch + 1, order, byHand);
  }
}
