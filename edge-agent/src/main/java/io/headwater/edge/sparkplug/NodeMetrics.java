package io.headwater.edge.sparkplug;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Metric;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.PropertySet;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.PropertyValue;

/**
 * What the agent says as an edge node: its metrics with their aliases, and the numbers of its
 * messages. Has neither thread nor network; confined to the node's thread.
 *
 * <p>A metric is known from the first row of its topic on; it is born before it is said, with its
 * newest value and an alias that it keeps. Its type is that of its first value that is not null;
 * one that is none of that type makes it a string, by another birth.
 */
final class NodeMetrics {
  /** Text that begins like a number is none: {@code 12 bottles}. */
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final int NUMBERS = 256;
  private static final int QUALITY_BAD = 0;
  private static final int MOST_METRICS = 10_000;

  /** Of a metric. */
  private static final class Known {
    private final long alias;
    private DataType type = DataType.DOUBLE;
    private boolean hasValue;
    private boolean isBorn;
    private Reading newest;

    private Known(long alias, Reading first) {
      this.alias = alias;
      this.newest = first;
    }

    /** Takes a newer reading, and its type as far as it has one. */
    private void take(Reading reading) {
      newest = reading;
      if (reading.value().isNull() || (hasValue && type == DataType.STRING)) {
        return;
      }
      DataType wanted = hasValue && reading.type() != type ? DataType.STRING : reading.type();
      hasValue = true;
      if (wanted != type) {
        type = wanted;
        isBorn = false;
      }
    }
  }

  /**
   * A row of the log, as a metric.
   *
   * @param value a boolean, a number or text; null if it is not known
   * @param isGood whether it is believed
   */
  record Reading(String name, JsonNode value, boolean isGood, long timestamp) {
    /** About so many bytes in a message. */
    int size() {
      return 32 + value.asText().length();
    }

    private DataType type() {
      return value.isBoolean()
          ? DataType.BOOLEAN
          : value.isNumber() ? DataType.DOUBLE : DataType.STRING;
    }
  }

  private final Map<String, Known> metrics = new LinkedHashMap<>();
  private long bdSeq;
  private int next;

  /**
   * A connection begins: nothing is born in it.
   *
   * @param number of the connection, 0 to 255
   */
  void connecting(long number) {
    bdSeq = number;
    metrics.values().forEach(each -> each.isBorn = false);
  }

  /**
   * Reads a row's value: JSON with a {@code value}, as the agent's own readings; or a bare one. An
   * empty one is not known: so MQTT takes a retained message back.
   */
  static Reading read(String topic, byte[] payload, long timestamp) {
    String text = new String(payload, StandardCharsets.UTF_8);
    if (text.isEmpty()) {
      return new Reading(topic, JSON.getNodeFactory().nullNode(), false, timestamp);
    }
    JsonNode json;
    try {
      json = JSON.readTree(text);
    } catch (JsonProcessingException _) {
      json = JSON.getNodeFactory().textNode(text);
    }
    if (json.isObject() && (json.has("value") || json.has("quality"))) {
      JsonNode value = json.path("value");
      boolean good = !json.path("quality").asText().equals("bad");
      return reading(
          topic, value.isValueNode() ? value : JSON.getNodeFactory().nullNode(), good, timestamp);
    }
    return reading(
        topic,
        json.isValueNode() && !json.isNull() ? json : JSON.getNodeFactory().textNode(text),
        true,
        timestamp);
  }

  /** A number that no double holds is not known. */
  private static Reading reading(String topic, JsonNode value, boolean isGood, long timestamp) {
    return value.isNumber() && !Double.isFinite(value.asDouble())
        ? new Reading(topic, JSON.getNodeFactory().nullNode(), false, timestamp)
        : new Reading(topic, value, isGood, timestamp);
  }

  /** Learns of a row, each once and in their order: it is what its metric says newest. */
  void learn(Reading reading) {
    Known known = metrics.get(reading.name());
    if (known == null) {
      if (metrics.size() == MOST_METRICS || SparkplugDecoder.isReserved(reading.name())) {
        return;
      }
      known = new Known(metrics.size() + 1L, reading);
      metrics.put(reading.name(), known);
    }
    known.take(reading);
  }

  /** Whether it is a metric; rows of too many topics are not, nor are the protocol's own names. */
  boolean knows(String name) {
    return metrics.containsKey(name);
  }

  /** Whether it may be said; otherwise a birth is due before. */
  boolean isBorn(String name) {
    Known known = metrics.get(name);
    return known != null && known.isBorn;
  }

  /** The will of the connection, and its farewell. */
  byte[] death(long millis) {
    return Payload.newBuilder()
        .setTimestamp(millis)
        .addMetrics(bdSeqMetric(millis))
        .build()
        .toByteArray();
  }

  /** Its birth, with what is newest. */
  byte[] birth(long millis) {
    next = 0;
    Payload.Builder birth =
        Payload.newBuilder()
            .setTimestamp(millis)
            .setSeq(number())
            .addMetrics(bdSeqMetric(millis))
            .addMetrics(
                Metric.newBuilder()
                    .setName(SparkplugDecoder.REBIRTH)
                    .setTimestamp(millis)
                    .setDatatype(DataType.BOOLEAN.code())
                    .setBooleanValue(false));
    metrics.forEach((name, known) -> {
      known.isBorn = true;
      birth.addMetrics(
          metric(known, known.newest, false).setName(name).setDatatype(known.type.code()));
    });
    return birth.build().toByteArray();
  }

  private Metric.Builder bdSeqMetric(long millis) {
    return Metric.newBuilder()
        .setName("bdSeq")
        .setTimestamp(millis)
        .setDatatype(DataType.INT64.code())
        .setLongValue(bdSeq);
  }

  /**
   * A message of values whose metrics are born.
   *
   * @param historical whether they waited, and are no news
   */
  byte[] data(List<Reading> readings, boolean historical, long millis) {
    Payload.Builder data = Payload.newBuilder().setTimestamp(millis).setSeq(number());
    for (Reading reading : readings) {
      Known known = metrics.get(reading.name());
      if (known == null || !known.isBorn) {
        throw new IllegalStateException("the metric '" + reading.name() + "' is not born");
      }
      data.addMetrics(metric(known, reading, historical));
    }
    return data.build().toByteArray();
  }

  private static Metric.Builder metric(Known known, Reading reading, boolean historical) {
    Metric.Builder metric =
        Metric.newBuilder().setAlias(known.alias).setTimestamp(reading.timestamp());
    if (historical) {
      metric.setIsHistorical(true);
    }
    JsonNode value = reading.value();
    if (value.isNull()) {
      metric.setIsNull(true);
    } else if (known.type == DataType.BOOLEAN) {
      metric.setBooleanValue(value.asBoolean());
    } else if (known.type == DataType.DOUBLE) {
      metric.setDoubleValue(value.asDouble());
    } else {
      metric.setStringValue(value.asText());
    }
    if (!reading.isGood()) {
      metric.setProperties(
          PropertySet.newBuilder()
              .addKeys("Quality")
              .addValues(
                  PropertyValue.newBuilder()
                      .setType(DataType.INT32.code())
                      .setIntValue(QUALITY_BAD)));
    }
    return metric;
  }

  private long number() {
    int number = next;
    next = (next + 1) % NUMBERS;
    return number;
  }

  /** Names of all metrics, in the order of their aliases. */
  List<String> names() {
    return new ArrayList<>(metrics.keySet());
  }

  /** Whether a command asks for a birth; empty if its bytes are none. */
  static Optional<Boolean> asksForBirth(byte[] command) {
    try {
      return Optional.of(
          Payload.parseFrom(command).getMetricsList().stream()
              .anyMatch(metric ->
                  metric.getName().equals(SparkplugDecoder.REBIRTH) && metric.getBooleanValue()));
    } catch (com.google.protobuf.InvalidProtocolBufferException _) {
      return Optional.empty();
    }
  }
}
