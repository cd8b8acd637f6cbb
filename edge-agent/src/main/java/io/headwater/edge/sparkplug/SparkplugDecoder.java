package io.headwater.edge.sparkplug;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;

/**
 * All edge nodes, and what their messages become. Has no thread; confined to the intake's.
 *
 * <p>Metrics that the protocol itself has, {@code bdSeq} and {@code Node Control/…}, are no
 * readings.
 */
final class SparkplugDecoder {
  static final String REBIRTH = "Node Control/Rebirth";

  private static final String NODE_CONTROL = "Node Control/";
  private static final String BD_SEQ = "bdSeq";

  private record NodeId(String group, String node) {}

  /** A message that the agent publishes. */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Said(String topic, byte[] payload) {}

  private final SparkplugSettings settings;
  private final Predicate<String> isTopic;
  private final SparkplugMetrics metrics;
  private final Map<NodeId, NodeState> nodes = new LinkedHashMap<>();

  SparkplugDecoder(
      SparkplugSettings settings, Predicate<String> isTopic, SparkplugMetrics metrics) {
    this.settings = settings;
    this.isTopic = isTopic;
    this.metrics = metrics;
  }

  /**
   * Takes a message.
   *
   * @param from the client that has published it
   * @return readings, in their order
   */
  List<Said> take(SparkplugTopic topic, byte[] bytes, String from, long now) {
    metrics.message(topic.type());
    if (topic.type() == SparkplugTopic.MessageType.NCMD
        || topic.type() == SparkplugTopic.MessageType.DCMD) {
      return List.of();
    }
    Payload payload;
    try {
      payload = Payload.parseFrom(bytes);
    } catch (InvalidProtocolBufferException _) {
      metrics.refused(Refused.MALFORMED);
      return List.of(); // what it takes from the sequence is found to be missing
    }
    var id = new NodeId(topic.group(), topic.node());
    NodeState node = nodes.get(id);
    if (node == null) {
      if (nodes.size() >= settings.maxNodes() && !forgetOneThatWasNeverBorn()) {
        metrics.refused(Refused.TOO_MANY);
        return List.of();
      }
      node =
          new NodeState(
              settings.reorderTimeout(),
              settings.rebirthInterval(),
              settings.maxMetrics(),
              metrics::refused);
      nodes.put(id, node);
    }
    var said = new ArrayList<Said>();
    for (NodeEvent event : node.take(topic, payload, from, now)) {
      switch (event) {
        case NodeEvent.Presence presence ->
            add(said, MetricJson.topic(topic, presence), MetricJson.payload(topic, presence));
        case NodeEvent.Value value -> {
          if (value.metric().getIsTransient()) {
            metrics.skipped();
          } else if (!isOfProtocol(value)) {
            add(said, MetricJson.topic(topic, value), MetricJson.payload(topic, value));
          }
        }
      }
    }
    return said;
  }

  /** Whoever may publish could make up names, and keep real nodes out. */
  private boolean forgetOneThatWasNeverBorn() {
    Iterator<NodeState> each = nodes.values().iterator();
    while (each.hasNext()) {
      if (!each.next().wasBorn()) {
        each.remove();
        return true;
      }
    }
    return false;
  }

  private static boolean isOfProtocol(NodeEvent.Value value) {
    return value.device().isEmpty() && isReserved(value.definition().name());
  }

  /** Whether the protocol itself has this metric in edge nodes. */
  static boolean isReserved(String name) {
    return name.equals(BD_SEQ) || name.startsWith(NODE_CONTROL);
  }

  private void add(List<Said> said, String topic, byte[] payload) {
    if (isTopic.test(topic)) {
      said.add(new Said(topic, payload));
    } else {
      metrics.skipped();
    }
  }

  void connected(String client, long now) {
    nodes.values().forEach(node -> node.connected(client, now));
  }

  /**
   * Looks what is overdue.
   *
   * @param millis since 1970, for what is published
   * @return requests for births
   */
  List<Said> poll(long now, long millis) {
    var said = new ArrayList<Said>();
    nodes.forEach((id, node) -> {
      if (node.poll(now)) {
        metrics.rebirth();
        said.add(new Said(SparkplugTopic.commands(id.group(), id.node()), rebirth(millis)));
      }
    });
    return said;
  }

  long untilNext(long now) {
    long least = NodeState.NEVER;
    for (NodeState node : nodes.values()) {
      least = Math.min(least, node.untilNext(now));
    }
    return least;
  }

  int believed() {
    return (int) nodes.values().stream().filter(NodeState::isBelieved).count();
  }

  /** Names of the nodes that have been asked for a birth. */
  List<String> asked() {
    return nodes.entrySet().stream()
        .filter(each -> each.getValue().isAsked())
        .map(each -> each.getKey().group() + "/" + each.getKey().node())
        .toList();
  }

  int known() {
    return nodes.size();
  }

  static byte[] rebirth(long millis) {
    return Payload.newBuilder()
        .setTimestamp(millis)
        .addMetrics(
            Payload.Metric.newBuilder()
                .setName(REBIRTH)
                .setDatatype(DataType.BOOLEAN.code())
                .setTimestamp(millis)
                .setBooleanValue(true))
        .build()
        .toByteArray();
  }
}
