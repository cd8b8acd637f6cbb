package io.headwater.bridge.handover;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.uplink.UplinkTopics;
import java.util.Collection;
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
  private static final Logger LOGGER = LoggerFactory.getLogger(Lanes.class);

  private final List<BrokerClient> brokers;
  private final List<LaneListener> listeners;
  private final BridgeMetrics metrics;
  private final Map<Integer, Map<LogId, GatewayCursors>> owned = new TreeMap<>();

  Lanes(List<BrokerClient> brokers, List<LaneListener> listeners, BridgeMetrics metrics) {
    this.brokers = List.copyOf(brokers);
    this.listeners = List.copyOf(listeners);
    this.metrics = metrics;
  }

  boolean owns(int lane) {
    return owned.containsKey(lane);
  }

  /** The cursors of a log in an owned lane; new ones for a log that is not known. */
  GatewayCursors cursors(LogId log) {
    return owned
        .computeIfAbsent(log.lane(), _ -> new HashMap<>())
        .computeIfAbsent(log, _ -> new GatewayCursors());
  }

  void forEachLog(Set<Integer> lanes, BiConsumer<LogId, GatewayCursors> told) {
    for (int lane : lanes) {
      owned.getOrDefault(lane, Map.of()).forEach(told);
    }
  }

  /** Lanes come: their cursors are read, then their topics are listened to. */
  void give(Set<Integer> added, CursorStore store) {
    var read = new HashMap<Integer, Map<LogId, GatewayCursors>>();
    added.forEach(lane -> read.put(lane, new HashMap<>()));
    store.read(
        added,
        (key, cursor) -> {
          Map<LogId, GatewayCursors> lane = read.get(UplinkTopics.lane(key.gateway()));
          if (lane != null) {
            lane.computeIfAbsent(new LogId(key.gateway(), key.epoch()), _ -> new GatewayCursors())
                .load(key.partition(), cursor);
          }
        });
    owned.putAll(read);
    metrics.lanes(owned.size());
    brokers.forEach(broker -> broker.addLanes(added));
    listeners.forEach(listener -> listener.given(added));
    LOGGER.atInfo().addKeyValue("lanes", added.size()).log("Lanes are owned");
  }

  void release(Set<Integer> removed) {
    if (removed.isEmpty()) {
      return;
    }
    removed.forEach(owned::remove);
    metrics.lanes(owned.size());
    brokers.forEach(broker -> broker.removeLanes(removed));
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
        lanes.give(added, store);
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
