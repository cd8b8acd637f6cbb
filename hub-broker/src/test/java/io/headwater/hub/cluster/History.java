package io.headwater.hub.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/**
 * What clients were told, and when, to be compared with what can be read in the end. Thread-safe
 * while it is written.
 */
final class History {
  /** A record that was acknowledged. */
  record Acknowledged(TopicPartition partition, long offset, String value) {}

  /** A record as it was read. */
  record Read(TopicPartition partition, long offset, String value) {}

  /** How a transaction ended, as far as its producer knows. */
  enum End {
    COMMITTED,
    ABORTED,
    UNKNOWN
  }

  private final Map<TopicPartition, List<Acknowledged>> acknowledged = new ConcurrentHashMap<>();
  private final Map<String, End> transactions = new ConcurrentHashMap<>();
  private final Map<TopicPartition, Long> committed = new ConcurrentHashMap<>();
  private final List<String> violations = new ArrayList<>();
  private final Map<String, Gap> gaps = new ConcurrentHashMap<>();

  /** The longest time without success of one thing, e.g. a partition. */
  private static final class Gap {
    private long last = System.nanoTime();
    private long longest;
    private boolean succeeded;

    synchronized void success() {
      long now = System.nanoTime();
      longest = Math.max(longest, now - last);
      last = now;
      succeeded = true;
    }

    synchronized boolean hasSucceeded() {
      return succeeded;
    }

    synchronized boolean heardWithin(Duration time) {
      return System.nanoTime() - last < time.toNanos();
    }

    synchronized void restart() {
      last = System.nanoTime();
      longest = 0;
      succeeded = false;
    }

    synchronized long longestMillis() {
      return Math.max(longest, System.nanoTime() - last) / 1_000_000;
    }
  }

  void acknowledged(TopicPartition partition, long offset, String value) {
    acknowledged
        .computeIfAbsent(partition, _ -> new ArrayList<>())
        .add(new Acknowledged(partition, offset, value));
    success(partition.toString());
  }

  void ended(String transaction, End how) {
    transactions.put(transaction, how);
  }

  /** A group's offset as it was read from the coordinator. */
  void committed(TopicPartition partition, long offset) {
    committed.merge(
        partition,
        offset,
        (before, now) -> {
          if (now < before) {
            violated(
                "committed offset of " + partition + " went back from " + before + " to " + now);
          }
          return Math.max(before, now);
        });
  }

  void violated(String what) {
    synchronized (violations) {
      violations.add(what);
    }
  }

  /** What must not be, so far. */
  List<String> violations() {
    synchronized (violations) {
      return List.copyOf(violations);
    }
  }

  /** Something of this name has worked. */
  void success(String name) {
    gaps.computeIfAbsent(name, _ -> new Gap()).success();
  }

  /** Forgets how long things took so far. */
  void restartGaps() {
    gaps.values().forEach(Gap::restart);
  }

  /** Whether everything that ever worked has worked since {@link #restartGaps}. */
  boolean allWork() {
    return gaps.values().stream().allMatch(Gap::hasSucceeded);
  }

  /** Whether everything has worked lately. */
  boolean allHeardWithin(Duration time) {
    return gaps.values().stream().allMatch(gap -> gap.heardWithin(time));
  }

  /** Milliseconds by name, the longest ones last. */
  List<Map.Entry<String, Long>> longestGaps() {
    var all = new TreeMap<String, Long>();
    gaps.forEach((name, gap) -> all.put(name, gap.longestMillis()));
    return all.entrySet().stream().sorted(Map.Entry.comparingByValue()).toList();
  }

  long longestGap() {
    return longestGaps().getLast().getValue();
  }

  int acknowledgedCount() {
    return acknowledged.values().stream().mapToInt(List::size).sum();
  }

  /**
   * Checks the plain topic: values are {@code partition-sequence}.
   *
   * @param read all of it
   */
  void checkPlain(List<Read> read, String context) {
    var byPlace = new HashMap<TopicPartition, Map<Long, String>>();
    var values = new HashSet<String>();
    var lastSequence = new HashMap<TopicPartition, Long>();
    for (Read one : read) {
      String before =
          byPlace
              .computeIfAbsent(one.partition(), _ -> new HashMap<>())
              .put(one.offset(), one.value());
      assertThat(before).as("offset given twice: %s, %s", one, context).isNull();
      assertThat(values.add(one.value())).as("doubled: %s, %s", one, context).isTrue();
      long sequence = Long.parseLong(one.value().substring(one.value().indexOf('-') + 1));
      Long last = lastSequence.put(one.partition(), sequence);
      assertThat(sequence)
          .as("order: %s, %s", one, context)
          .isGreaterThan(last == null ? -1 : last);
    }
    acknowledged.forEach((partition, all) -> {
      if (!partition.topic().equals(ClusterLoad.PLAIN)) {
        return;
      }
      Map<Long, String> there = byPlace.getOrDefault(partition, Map.of());
      for (Acknowledged one : all) {
        assertThat(there.get(one.offset()))
            .as("acknowledged and lost: %s, %s", one, context)
            .isEqualTo(one.value());
      }
    });
    synchronized (violations) {
      assertThat(violations).as(context).isEmpty();
    }
  }

  /**
   * Checks transactions: values are {@code id-part}.
   *
   * @param read all that is committed
   * @param parts records of each transaction
   */
  void checkTransactions(List<Read> read, int parts, String context) {
    var found = new HashMap<String, Set<String>>();
    for (Read one : read) {
      String id = one.value().substring(0, one.value().indexOf('-'));
      assertThat(found.computeIfAbsent(id, _ -> new HashSet<>()).add(one.value()))
          .as("doubled: %s, %s", one, context)
          .isTrue();
    }
    found.forEach((id, values) ->
        assertThat(values).as("half a transaction: %s, %s", id, context).hasSize(parts));
    transactions.forEach((id, end) -> {
      switch (end) {
        case COMMITTED -> assertThat(found).as("committed and lost, %s", context).containsKey(id);
        case ABORTED ->
            assertThat(found).as("aborted and there, %s", context).doesNotContainKey(id);
        case UNKNOWN -> {}
      }
    });
    assertThat(transactions.keySet()).as(context).containsAll(found.keySet());
  }

  long transactions(End end) {
    return transactions.values().stream().filter(one -> one == end).count();
  }
}
