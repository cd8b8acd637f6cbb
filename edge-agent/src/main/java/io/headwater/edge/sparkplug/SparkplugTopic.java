package io.headwater.edge.sparkplug;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A topic of an edge node: {@code spBv1.0/group/type/node} or {@code
 * spBv1.0/group/type/node/device} (Sparkplug 3.0, section 4).
 *
 * @param device empty if the message is the node's own
 */
record SparkplugTopic(String group, MessageType type, String node, String device) {
  static final String NAMESPACE = "spBv1.0/";

  /** What a message is. */
  enum MessageType {
    NBIRTH,
    NDEATH,
    NDATA,
    NCMD,
    DBIRTH,
    DDEATH,
    DDATA,
    DCMD;

    private static final Map<String, MessageType> BY_NAME =
        Arrays.stream(values()).collect(Collectors.toMap(Enum::name, Function.identity()));

    boolean isOfDevice() {
      return name().charAt(0) == 'D';
    }
  }

  /** Reads it; empty if it is another topic. */
  static Optional<SparkplugTopic> parse(String topic) {
    if (!topic.startsWith(NAMESPACE)) {
      return Optional.empty();
    }
    String[] levels = topic.split("/", -1);
    if (levels.length < 4) {
      return Optional.empty();
    }
    MessageType type = MessageType.BY_NAME.get(levels[2]);
    if (type == null
        || levels.length != (type.isOfDevice() ? 5 : 4)
        || Arrays.stream(levels).anyMatch(String::isEmpty)) {
      return Optional.empty();
    }
    return Optional.of(
        new SparkplugTopic(levels[1], type, levels[3], type.isOfDevice() ? levels[4] : ""));
  }

  /** The node, for users: {@code group/node}. */
  String nodeName() {
    return group + "/" + node;
  }

  /** Where the node takes commands. */
  static String commands(String group, String node) {
    return NAMESPACE + group + "/" + MessageType.NCMD + "/" + node;
  }

  @Override
  public String toString() {
    String start = NAMESPACE + group + "/" + type + "/" + node;
    return device.isEmpty() ? start : start + "/" + device;
  }
}
