package io.headwater.hub.kafka.metadata;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;

/** Replicas that users choose by hand; what Kafka refuses is refused, in its words. */
final class ChosenReplicas {
  private ChosenReplicas() {}

  /**
   * Checks what is chosen for one partition.
   *
   * @param howMany replicas there must be; empty for any number
   * @throws InvalidReplicaAssignmentException none, one twice, one that is not known, or not so
   *     many
   */
  static void check(TopicsSnapshot snapshot, List<Integer> chosen, OptionalInt howMany) {
    if (chosen.isEmpty()) {
      throw new InvalidReplicaAssignmentException(
          "The manual partition assignment includes an empty replica list.");
    }
    Set<Integer> seen = new HashSet<>();
    for (int broker : new TreeSet<>(chosen)) {
      if (!snapshot.knows(broker)) {
        throw new InvalidReplicaAssignmentException(
            "The manual partition assignment includes broker %d, but no such broker is registered."
                .formatted(broker));
      }
    }
    for (int broker : chosen) {
      if (!seen.add(broker)) {
        throw new InvalidReplicaAssignmentException(
            "The manual partition assignment includes the broker %d more than once."
                .formatted(broker));
      }
    }
    if (howMany.isPresent() && chosen.size() != howMany.getAsInt()) {
      throw new InvalidReplicaAssignmentException(
          ("The manual partition assignment includes a partition with %d replica(s), but this is"
                  + " not consistent with previous partitions, which have %d replica(s).")
              .formatted(chosen.size(), howMany.getAsInt()));
    }
  }

  /**
   * The first of them that is there and stays.
   *
   * @throws InvalidReplicaAssignmentException none is
   */
  static int leader(TopicsSnapshot snapshot, int partition, List<Integer> chosen) {
    return chosen.stream()
        .filter(snapshot::mayLead)
        .findFirst()
        .orElseThrow(() ->
            new InvalidReplicaAssignmentException(
                ("All brokers specified in the manual partition assignment for partition %d are"
                        + " fenced or in controlled shutdown.")
                    .formatted(partition)));
  }

  /** A new partition on what is chosen; throws as {@link #check} and {@link #leader}. */
  static Partition partition(
      TopicsSnapshot snapshot, int index, List<Integer> chosen, OptionalInt howMany) {
    check(snapshot, chosen, howMany);
    return new Partition(index, leader(snapshot, index, chosen), 0, chosen, true);
  }
}
