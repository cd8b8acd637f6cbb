package io.headwater.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.process.NearestName;
import io.headwater.process.UserError;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkTopics;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** What the hub knows of gateways: their cursors, and their presence where it is kept. */
record Gateways(String address, Map<String, Gateway> byName) {
  private static final String CURSORS = "headwater-cursors";
  private static final String PRESENCE = "headwater-presence";
  private static final String PRESENCE_KEY = "gateway/";
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * One cursor: what of a partition is in the hub.
   *
   * @param updated when it was written
   */
  record Cursor(String epoch, StreamPartition partition, OffsetRanges settled, Instant updated) {
    long count() {
      return settled.count(0, Long.MAX_VALUE);
    }

    /** Stretches between settled ones that are not. */
    int holes() {
      return Math.max(0, settled.ranges().size() - 1);
    }

    long next() {
      return settled.isEmpty() ? 0 : settled.ranges().getLast().to();
    }
  }

  /**
   * One gateway.
   *
   * @param presence null where none is kept
   */
  record Gateway(String name, List<Cursor> cursors, @Nullable JsonNode presence) {
    int lane() {
      return UplinkTopics.lane(name);
    }

    List<String> epochs() {
      return List.copyOf(new TreeSet<>(cursors.stream().map(Cursor::epoch).toList()));
    }

    Optional<Cursor> newest() {
      return cursors.stream().max((a, b) -> a.updated().compareTo(b.updated()));
    }

    /** Cursors of the life of its log that was written last. */
    List<Cursor> newestEpoch() {
      return newest()
          .map(newest ->
              cursors.stream().filter(each -> each.epoch().equals(newest.epoch())).toList())
          .orElse(List.of());
    }

    @Nullable String state() {
      if (presence == null) {
        return null;
      }
      if (presence.path("online").isBoolean()) {
        return presence.path("online").asBoolean() ? "online" : "offline";
      }
      return presence.path("state").isTextual() ? presence.path("state").asText() : null;
    }
  }

  /** Reads all of them. */
  static Gateways read(Hub hub) {
    var names = hub.topics().keySet();
    if (!names.contains(CURSORS)) {
      throw UserError.failure(
          "the hub at "
              + hub.address()
              + " has no topic "
              + CURSORS
              + ": no bridge has worked with it yet; start one with 'headwater bridge'");
    }
    var cursors = new TreeMap<String, Map<String, Cursor>>();
    TopicScan.read(
        hub, Partitions.of(hub, List.of(CURSORS)), record -> takeCursor(record, cursors));
    var presence = new TreeMap<String, JsonNode>();
    if (names.contains(PRESENCE)) {
      List<TopicPartition> partitions = Partitions.of(hub, List.of(PRESENCE));
      TopicScan.read(hub, partitions, record -> takePresence(record, presence));
    }
    var all = new TreeSet<>(cursors.keySet());
    all.addAll(presence.keySet());
    var gateways = new TreeMap<String, Gateway>();
    for (String name : all) {
      gateways.put(
          name,
          new Gateway(
              name,
              List.copyOf(cursors.getOrDefault(name, Map.of()).values()),
              presence.get(name)));
    }
    return new Gateways(hub.address(), gateways);
  }

  private static void takeCursor(
      ConsumerRecord<byte[], byte[]> record, Map<String, Map<String, Cursor>> cursors) {
    JsonNode key = parse(record.key());
    if (!key.isArray() || key.size() != 4) {
      return;
    }
    String gateway = key.get(0).asText();
    Map<String, Cursor> known = cursors.computeIfAbsent(gateway, _ -> new TreeMap<>());
    if (record.value() == null) {
      known.remove(key.toString());
      if (known.isEmpty()) {
        cursors.remove(gateway);
      }
      return;
    }
    OffsetRanges settled = OffsetRanges.EMPTY;
    for (JsonNode range : parse(record.value()).path("settled")) {
      long from = range.path(0).asLong();
      long to = range.path(1).asLong();
      if (from >= 0 && to > from) {
        settled = settled.add(from, to);
      }
    }
    known.put(
        key.toString(),
        new Cursor(
            key.get(1).asText(),
            new StreamPartition(key.get(2).asText(), key.get(3).asInt()),
            settled,
            Instant.ofEpochMilli(record.timestamp())));
  }

  private static void takePresence(
      ConsumerRecord<byte[], byte[]> record, Map<String, JsonNode> presence) {
    if (record.key() == null) {
      return;
    }
    String key = new String(record.key(), StandardCharsets.UTF_8);
    if (key.startsWith(PRESENCE_KEY)) {
      String gateway = key.substring(PRESENCE_KEY.length());
      if (record.value() == null) {
        presence.remove(gateway);
      } else {
        presence.put(gateway, parse(record.value()));
      }
    }
  }

  private static JsonNode parse(byte @Nullable [] bytes) {
    try {
      return bytes == null
          ? JSON.missingNode()
          : JSON.readTree(new String(bytes, StandardCharsets.UTF_8));
    } catch (JsonProcessingException _) {
      return JSON.missingNode();
    }
  }

  /** Finds one; refuses one that is not there. */
  Gateway require(String name) {
    Gateway found = byName.get(name);
    if (found == null) {
      throw UserError.failure(
          "gateway '%s' is not known at %s%s"
              .formatted(
                  name,
                  address,
                  NearestName.of(name, byName.keySet())
                      .map(nearest -> ": did you mean '" + nearest + "'?")
                      .orElse("; 'headwater gateways list' tells which are")));
    }
    return found;
  }
}
