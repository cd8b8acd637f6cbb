package io.headwater.bridge.downlink;

import io.headwater.uplink.DownState;
import io.headwater.uplink.Values;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The newest values of mapped topics, for each gateway. What is for one gateway goes before what is
 * for all. Pure; confined to the downlink's thread.
 */
final class ValueBook {
  private static final int LARGEST_PART = 256 << 10;

  /** A value that has changed; {@code gateway} may be {@code *}. */
  record Change(String gateway, Values.Value value) {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Held(byte[] value, long timestampMs) {}

  /** The values of one gateway, or of all. */
  private static final class Page {
    private final Map<String, Held> values = new HashMap<>();
    private long bytes;
    private long digest;

    /** Whether it was room for; what is older than what is there changes nothing. */
    boolean put(String topic, byte[] value, long timestampMs) {
      Held before = values.get(topic);
      if (bytes + value.length - (before == null ? 0 : before.value().length)
              > DownState.MOST_BYTES / 2
          || (before == null && values.size() >= DownState.MOST_VALUES / 2)) {
        return false;
      }
      remove(topic);
      values.put(topic, new Held(value, timestampMs));
      bytes += value.length;
      digest += DownState.digest(topic, value);
      return true;
    }

    void remove(String topic) {
      Held before = values.remove(topic);
      if (before != null) {
        bytes -= before.value().length;
        digest -= DownState.digest(topic, before.value());
      }
    }
  }

  private final DownlinkMetrics metrics;
  private final Map<String, Page> pages = new HashMap<>();

  ValueBook(DownlinkMetrics metrics) {
    this.metrics = metrics;
  }

  /** Takes a record of a mapped topic. */
  Optional<Change> take(DownMapping mapping, ConsumerRecord<byte[], byte[]> record) {
    Optional<String> topic = topic(mapping, record.key());
    byte[] value = record.value();
    if (topic.isEmpty() || (value != null && value.length > DownState.LARGEST_VALUE)) {
      metrics.ignored(topic.isEmpty() ? "key" : "value-too-large");
      return Optional.empty();
    }
    String name = topic.get();
    Page page = pages.computeIfAbsent(mapping.gateway(), _ -> new Page());
    Held before = page.values.get(name);
    // Without a key, partitions have no order but that of time.
    if (before != null && !mapping.isKeyed() && record.timestamp() < before.timestampMs()) {
      return Optional.empty();
    }
    if (value == null) {
      page.remove(name);
    } else if (!page.put(name, value, record.timestamp())) {
      metrics.ignored("too-many-values");
      return Optional.empty();
    }
    metrics.values(pages.values().stream().mapToInt(each -> each.values.size()).sum());
    return Optional.of(new Change(mapping.gateway(), new Values.Value(name, value)));
  }

  private static Optional<String> topic(DownMapping mapping, byte @Nullable [] key) {
    if (!mapping.isKeyed()) {
      return Optional.of(mapping.mqtt());
    }
    if (key == null || key.length == 0) {
      return Optional.empty();
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(key)).toString();
      return Optional.of(mapping.mqtt().replace(DownMapping.KEY, text))
          .filter(DownMapping::isTopic);
    } catch (CharacterCodingException _) {
      return Optional.empty();
    }
  }

  /** What a gateway has if all is well. */
  DownState state(String gateway) {
    Page all = pages.get(DownMapping.ALL);
    Page own = pages.get(gateway);
    int count = all == null ? 0 : all.values.size();
    long digest = all == null ? 0 : all.digest;
    if (own != null) {
      count += own.values.size();
      digest += own.digest;
      if (all != null) {
        for (String topic : own.values.keySet()) {
          Held hidden = all.values.get(topic);
          if (hidden != null) {
            count--;
            digest -= DownState.digest(topic, hidden.value());
          }
        }
      }
    }
    return new DownState(gateway, count, digest);
  }

  /** All values of a gateway, in parts of a handy size. */
  List<Values> all(String gateway, long sync) {
    var merged = new TreeMap<String, Held>();
    for (String page : List.of(DownMapping.ALL, gateway)) {
      Page values = pages.get(page);
      if (values != null) {
        merged.putAll(values.values);
      }
    }
    var values = new ArrayList<Values.Value>();
    merged.forEach((topic, held) -> values.add(new Values.Value(topic, held.value())));
    List<List<Values.Value>> parts = parts(values);
    var frames = new ArrayList<Values>();
    for (int i = 0; i < parts.size(); i++) {
      frames.add(new Values(gateway, sync, i, parts.size(), parts.get(i)));
    }
    return frames;
  }

  /** What a gateway sees of changes. */
  List<Values> changes(String gateway, List<Change> changes) {
    Page own = pages.get(gateway);
    var seen = new ArrayList<Values.Value>();
    for (Change change : changes) {
      boolean forAll = change.gateway().equals(DownMapping.ALL);
      String topic = change.value().topic();
      boolean hidden = forAll && own != null && own.values.containsKey(topic);
      if ((forAll || change.gateway().equals(gateway)) && !hidden) {
        seen.add(change.value());
      }
    }
    if (seen.isEmpty()) {
      return List.of();
    }
    return parts(seen).stream().map(part -> new Values(gateway, 0, 0, 1, part)).toList();
  }

  /** At least one, perhaps empty. */
  private static List<List<Values.Value>> parts(List<Values.Value> values) {
    var parts = new ArrayList<List<Values.Value>>();
    var part = new ArrayList<Values.Value>();
    int bytes = 0;
    for (Values.Value value : values) {
      int size = value.topic().length() + (value.value() == null ? 0 : value.value().length) + 8;
      if (!part.isEmpty() && bytes + size > LARGEST_PART) {
        parts.add(part);
        part = new ArrayList<>();
        bytes = 0;
      }
      part.add(value);
      bytes += size;
    }
    parts.add(part);
    return parts;
  }
}
