package io.headwater.hub.zookeeper;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.Partition;
import io.headwater.hub.kafka.metadata.Topic;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** The JSON of the catalog's nodes, as the package comment shows it. Unknown fields are ignored. */
final class TopicCodec {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TopicCodec() {}

  static byte[] encode(Topic topic) {
    ObjectNode root = JSON.createObjectNode();
    root.put("id", topic.id().toString());
    ArrayNode partitions = root.putArray("partitions");
    for (Partition partition : topic.partitions()) {
      ArrayNode one = partitions.addArray();
      one.add(partition.leader()).add(partition.leaderEpoch());
      ArrayNode replicas = one.addArray();
      partition.replicas().forEach(replicas::add);
      if (partition.byHand()) {
        one.add(true);
      }
    }
    ObjectNode configs = root.putObject("configs");
    topic.configs().forEach(configs::put);
    return bytes(root);
  }

  static Topic topic(String name, byte[] data) {
    JsonNode root = read("topic " + name, data);
    var partitions = new ArrayList<Partition>();
    for (JsonNode one : root.path("partitions")) {
      var replicas = new ArrayList<Integer>();
      one.path(2).forEach(replica -> replicas.add(replica.asInt()));
      partitions.add(
          new Partition(
              partitions.size(),
              one.path(0).asInt(-1),
              one.path(1).asInt(),
              replicas,
              one.path(3).asBoolean()));
    }
    if (partitions.isEmpty() || !root.hasNonNull("id")) {
      throw new IllegalStateException("The node of topic " + name + " lacks id or partitions.");
    }
    var configs = new TreeMap<String, String>();
    root.path("configs")
        .properties()
        .forEach(config -> configs.put(config.getKey(), config.getValue().asText()));
    return new Topic(name, Uuid.fromString(root.get("id").asText()), partitions, configs);
  }

  /** A group's name may be anything; that of a node may not. */
  static String groupNode(String group) {
    return "group-" + URLEncoder.encode(group, StandardCharsets.UTF_8);
  }

  static byte[] encodeGroup(String group, Map<String, String> configs) {
    ObjectNode root = JSON.createObjectNode().put("group", group);
    configs.forEach(root.putObject("configs")::put);
    return bytes(root);
  }

  /** Adds what is set on a group. */
  static void readGroup(String node, byte[] data, Map<String, Map<String, String>> groups) {
    JsonNode root = read(node, data);
    var configs = new TreeMap<String, String>();
    root.path("configs")
        .properties()
        .forEach(config -> configs.put(config.getKey(), config.getValue().asText()));
    groups.put(root.path("group").asText(), configs);
  }

  static byte[] encode(Broker broker, String folder) {
    ObjectNode root = JSON.createObjectNode();
    root.put("host", broker.host()).put("port", broker.port());
    if (broker.rack() != null) {
      root.put("rack", broker.rack());
    }
    if (broker.leaving()) {
      root.put("leaving", true);
    }
    root.put("folder", folder);
    return bytes(root);
  }

  /** By which the data folder of a registered broker is told from others; empty if it said none. */
  static String folder(byte[] data) {
    return read("broker", data).path("folder").asText();
  }

  static Broker broker(int id, byte[] data) {
    JsonNode root = read("broker " + id, data);
    @Nullable String rack = root.hasNonNull("rack") ? root.get("rack").asText() : null;
    return new Broker(
        id,
        root.path("host").asText(),
        root.path("port").asInt(),
        rack,
        root.path("leaving").asBoolean());
  }

  static byte[] encodeCluster(String id) {
    return bytes(JSON.createObjectNode().put("id", id));
  }

  static String clusterId(byte[] data) {
    return read("cluster", data).path("id").asText();
  }

  static byte[] encodeNext(long next) {
    return bytes(JSON.createObjectNode().put("next", next));
  }

  static long next(byte[] data) {
    return read("producer-ids", data).path("next").asLong();
  }

  private static byte[] bytes(ObjectNode root) {
    return root.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static JsonNode read(String what, byte[] data) {
    try {
      return JSON.readTree(data);
    } catch (IOException e) {
      throw new IllegalStateException("The node of " + what + " is no JSON: " + e.getMessage(), e);
    }
  }
}
