package io.headwater.bridge.handover;

import io.headwater.bridge.broker.Brokers;
import io.headwater.uplink.UplinkTopics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The lanes that are owned, and the cursors in them. Confined to the hand-over's thread. */
final class Lanes {
  /** Logs of one gateway that have asked for their state and have nothing in the hub. */
  private static final int MOST_UNWRITTEN = 8;

  private static final Logger LOGGER = LoggerFactory.getLogger(Lanes.class);

  private final Brokers brokers;
  private final List<LaneListener> listeners;
  private final BridgeMetrics metrics;
  private final Map<Integer, Map<LogId, GatewayCursors>> owned = new TreeMap<>();

  Lanes(Brokers brokers, List<LaneListener> listeners, BridgeMetrics metrics) {
    this.brokers = brokers;
    this.listeners = new ArrayList<>(listeners);
    this.metrics = metrics;
  }

  void listen(LaneListener listener) {
    listeners.add(listener);
  }

  boolean owns(int lane) {
    return owned.containsKey(lane);
  }

  /** The cursors of a log in an owned lane; those of one that is not known are not kept. */
  GatewayCursors cursors(LogId log) {
    GatewayCursors known = lane(log).get(log);
    return known == null ? new GatewayCursors() : known;
  }

  /**
   * The cursors of a log in an owned lane that has asked for its state; kept from now on. Of the
   * logs of one gateway that have only asked, the newest few are: a gateway that draws a new epoch
   * for each request must not use up the memory.
   */
  GatewayCursors remembered(LogId log) {
    Map<LogId, GatewayCursors> lane = lane(log);
    GatewayCursors known = lane.get(log);
    if (known != null) {
      return known;
    }
    List<LogId> unwritten =
        lane.entrySet().stream()
            .filter(entry -> entry.getKey().gateway().equals(log.gateway()))
            .filter(entry -> entry.getValue().isUnwritten())
            .sorted(Comparator.comparingLong(entry -> entry.getValue().touchedMs()))
            .map(Map.Entry::getKey)
            .toList();
    unwritten.stream()
        .limit(Math.max(0, unwritten.size() + 1 - MOST_UNWRITTEN))
        .forEach(lane::remove);
    var begun = new GatewayCursors();
    lane.put(log, begun);
    return begun;
  }

  private Map<LogId, GatewayCursors> lane(LogId log) {
    Map<LogId, GatewayCursors> lane = owned.get(log.lane());
    if (lane == null) {
      // Without its cursors everything would count as new, and be doubled.
      throw new IllegalStateException("lane " + log.lane() + " is not owned");
    }
    return lane;
  }

  void forEachLog(Set<Integer> lanes, BiConsumer<LogId, GatewayCursors> told) {
    for (int lane : lanes) {
      owned.getOrDefault(lane, Map.of()).forEach(told);
    }
  }

  /**
   * Takes out the logs that have not done anything for so long.
   *
   * @param forgetMs after which any log is forgotten
   * @param superseded after which one is whose gateway has begun a newer life since
   */
  Map<LogId, GatewayCursors> takeOutdated(long nowMs, long forgetMs, long superseded) {
    var outdated = new HashMap<LogId, GatewayCursors>();
    for (Map<LogId, GatewayCursors> lane : owned.values()) {
      var newest = new HashMap<String, Long>();
      lane.forEach((log, cursors) -> newest.merge(log.gateway(), cursors.touchedMs(), Math::max));
      lane.forEach((log, cursors) -> {
        long untouched = nowMs - cursors.touchedMs();
        boolean old = cursors.touchedMs() < newest.getOrDefault(log.gateway(), 0L);
        if (untouched > forgetMs || (old && untouched > superseded)) {
          outdated.put(log, cursors);
        }
      });
    }
    outdated.keySet().forEach(log -> owned.getOrDefault(log.lane(), Map.of()).remove(log));
    return outdated;
  }

  /** Lanes come: their cursors are read, then their topics are listened to. */
  void give(Set<Integer> added, CursorStore.Source store) {
    var read = new HashMap<Integer, Map<LogId, GatewayCursors>>();
    added.forEach(lane -> read.put(lane, new HashMap<>()));
    store.read(
        added,
        (key, cursor, writtenMs) -> {
          Map<LogId, GatewayCursors> lane = read.get(UplinkTopics.lane(key.gateway()));
          if (lane != null) {
            lane.computeIfAbsent(new LogId(key.gateway(), key.epoch()), _ -> new GatewayCursors())
                .load(key.partition(), cursor, writtenMs);
          }
        });
    owned.putAll(read);
    metrics.lanes(owned.size());
    brokers.addLanes(added);
    listeners.forEach(listener -> listener.given(added));
    LOGGER.atInfo().addKeyValue("lanes", added.size()).log("Lanes are owned");
  }

  /** The keys of all cursors of a gateway. */
  List<CursorKey> keys(String gateway) {
    var keys = new ArrayList<CursorKey>();
    owned
        .getOrDefault(UplinkTopics.lane(gateway), Map.of())
        .forEach((log, cursors) -> {
          if (log.gateway().equals(gateway)) {
            cursors
                .settled()
                .forEach(
                    settled -> keys.add(new CursorKey(gateway, log.epoch(), settled.partition())));
          }
        });
    return keys;
  }

  /** Its cursors are gone from the hub. */
  void forget(String gateway) {
    Map<LogId, GatewayCursors> lane = owned.get(UplinkTopics.lane(gateway));
    if (lane != null) {
      lane.keySet().removeIf(log -> log.gateway().equals(gateway));
      listeners.forEach(listener -> listener.forgotten(gateway));
    }
  }

  void release(Set<Integer> removed) {
    if (removed.isEmpty()) {
      return;
    }
    removed.forEach(owned::remove);
    metrics.lanes(owned.size());
    brokers.removeLanes(removed);
    listeners.forEach(listener -> listener.taken(removed));
  }

  void releaseAll() {
    release(Set.copyOf(owned.keySet()));
  }

  /** Called within poll, on the hand-over's thread: no transaction runs then. */
  static final class Membership implements ConsumerRebalanceListener {
    private final Lanes lanes;
    private final Consumer<byte[], byte[]> member;
    private final CursorStore store;
    private final java.util.function.Consumer<Set<Integer>> afterwards;

    /**
     * @param afterwards given the lanes that came, once they are owned
     */
    Membership(
        Lanes lanes,
        Consumer<byte[], byte[]> member,
        CursorStore store,
        java.util.function.Consumer<Set<Integer>> afterwards) {
      this.lanes = lanes;
      this.member = member;
      this.store = store;
      this.afterwards = afterwards;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
      member.pause(assigned);
      Set<Integer> added = lanesOf(assigned);
      if (!added.isEmpty()) {
        lanes.give(added, store::read);
        afterwards.accept(added);
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
      lanes.release(lanesOf(revoked));
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> lost) {
      lanes.release(lanesOf(lost));
    }

    private static Set<Integer> lanesOf(Collection<TopicPartition> partitions) {
      var lanes = new TreeSet<Integer>();
      partitions.forEach(partition -> lanes.add(partition.partition()));
      return lanes;
    }
  }
}
