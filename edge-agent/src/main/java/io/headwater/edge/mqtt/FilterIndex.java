package io.headwater.edge.mqtt;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Who of a loop's readers may want a topic: a tree of the filters' levels, so that it costs little
 * however many filters there are. Confined to the event loop.
 *
 * <p>It names one too many rather than one too few: a wildcard at the first level fits a topic that
 * begins with {@code $} here, and rights are not looked at.
 */
final class FilterIndex {
  private static final class Node {
    private final Map<String, Node> below = new HashMap<>();
    private final Set<FeedReader> readers = new HashSet<>();

    boolean isEmpty() {
      return below.isEmpty() && readers.isEmpty();
    }
  }

  private final Node root = new Node();

  void add(String filter, FeedReader reader) {
    Node node = root;
    for (String level : filter.split("/", -1)) {
      node = node.below.computeIfAbsent(level, _ -> new Node());
    }
    node.readers.add(reader);
  }

  void remove(String filter, FeedReader reader) {
    remove(root, filter.split("/", -1), 0, reader);
  }

  private static void remove(Node node, String[] levels, int at, FeedReader reader) {
    if (at == levels.length) {
      node.readers.remove(reader);
      return;
    }
    Node next = node.below.get(levels[at]);
    if (next != null) {
      remove(next, levels, at + 1, reader);
      if (next.isEmpty()) {
        node.below.remove(levels[at]);
      }
    }
  }

  /** Adds those that may want the topic. */
  void find(String topic, Set<FeedReader> found) {
    find(root, topic.split("/", -1), 0, found);
  }

  private static void find(Node node, String[] levels, int at, Set<FeedReader> found) {
    Node all = node.below.get("#"); // "a/#" fits "a", too
    if (all != null) {
      found.addAll(all.readers);
    }
    if (at == levels.length) {
      found.addAll(node.readers);
      return;
    }
    Node exact = node.below.get(levels[at]);
    if (exact != null) {
      find(exact, levels, at + 1, found);
    }
    Node any = node.below.get("+");
    if (any != null) {
      find(any, levels, at + 1, found);
    }
  }
}
