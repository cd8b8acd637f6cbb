package io.headwater.edge.sparkplug;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;

/** Topics and payloads of what edge nodes say; docs/sparkplug.md has them. */
final class MetricJson {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String QUALITY = "Quality";

  /** Values of the property {@code Quality} (Sparkplug 3.0, section 6.4.11). */
  private static final int BAD = 0;

  private static final int STALE = 500;

  private MetricJson() {}

  /** Where a metric's readings go; different metrics never have one topic. */
  static String topic(SparkplugTopic of, NodeEvent.Value value) {
    return (value.device().isEmpty()
            ? "sparkplug/node/" + of.group() + "/" + of.node() + "/"
            : "sparkplug/device/" + of.group() + "/" + of.node() + "/" + value.device() + "/")
        + escape(value.definition().name());
  }

  /** Where it is told that a node or a device is there. */
  static String topic(SparkplugTopic of, NodeEvent.Presence presence) {
    String node = "sparkplug/state/" + of.group() + "/" + of.node();
    return presence.device().isEmpty() ? node : node + "/" + presence.device();
  }

  /** A metric's name may hold what a topic cannot. */
  private static String escape(String name) {
    return name.replace("%", "%25").replace("+", "%2B").replace("#", "%23").replace("\0", "%00");
  }

  static byte[] payload(SparkplugTopic of, NodeEvent.Presence presence) {
    return bytes(
        begin(of, presence.device())
            .put("online", presence.online())
            .put("timestamp", presence.timestamp()));
  }

  static byte[] payload(SparkplugTopic of, NodeEvent.Value event) {
    Payload.Metric metric = event.metric();
    DataType type = event.definition().type();
    JsonNode value = metric.getIsNull() ? NullNode.instance : value(metric, type);
    boolean unspeakable = isNumber(type) && value.isNull() && !metric.getIsNull();
    ObjectNode json = begin(of, event.device()).put("name", event.definition().name());
    json.set("value", value);
    return bytes(
        json.put("type", type.text())
            .put("timestamp", event.timestamp())
            .put("quality", unspeakable ? "bad" : quality(metric))
            .put("is_historical", metric.getIsHistorical()));
  }

  private static ObjectNode begin(SparkplugTopic of, String device) {
    ObjectNode json = JSON.objectNode().put("group", of.group()).put("node", of.node());
    return device.isEmpty() ? json : json.put("device", device);
  }

  private static boolean isNumber(DataType type) {
    return type == DataType.FLOAT || type == DataType.DOUBLE;
  }

  private static String quality(Payload.Metric metric) {
    List<String> keys = metric.getProperties().getKeysList();
    int index = keys.indexOf(QUALITY);
    if (index < 0 || index >= metric.getProperties().getValuesCount()) {
      return "good";
    }
    return switch (metric.getProperties().getValues(index).getIntValue()) {
      case BAD -> "bad";
      case STALE -> "stale";
      default -> "good";
    };
  }

  private static JsonNode value(Payload.Metric metric, DataType type) {
    return switch (type) {
      case INT8 -> JSON.numberNode((byte) metric.getIntValue());
      case INT16 -> JSON.numberNode((short) metric.getIntValue());
      case INT32 -> JSON.numberNode(metric.getIntValue());
      case UINT8 -> JSON.numberNode(metric.getIntValue() & 0xFF);
      case UINT16 -> JSON.numberNode(metric.getIntValue() & 0xFFFF);
      case UINT32 ->
          JSON.numberNode(
              metric.hasLongValue()
                  ? metric.getLongValue() & 0xFFFF_FFFFL
                  : Integer.toUnsignedLong(metric.getIntValue()));
      case INT64, DATE_TIME -> JSON.numberNode(metric.getLongValue());
      case UINT64 -> unsigned(metric.getLongValue());
      case FLOAT -> number(metric.getFloatValue());
      case DOUBLE -> number(metric.getDoubleValue());
      case BOOLEAN -> JSON.booleanNode(metric.getBooleanValue());
      case STRING, TEXT, UUID -> JSON.textNode(metric.getStringValue());
      case DATA_SET -> dataSet(metric.getDatasetValue());
      case TEMPLATE -> template(metric.getTemplateValue());
      case BYTES,
          FILE,
          INT8_ARRAY,
          INT16_ARRAY,
          INT32_ARRAY,
          INT64_ARRAY,
          UINT8_ARRAY,
          UINT16_ARRAY,
          UINT32_ARRAY,
          UINT64_ARRAY,
          FLOAT_ARRAY,
          DOUBLE_ARRAY,
          BOOLEAN_ARRAY,
          STRING_ARRAY,
          DATE_TIME_ARRAY ->
          JSON.binaryNode(metric.getBytesValue().toByteArray());
    };
  }

  private static JsonNode unsigned(long value) {
    return JSON.numberNode(new BigInteger(Long.toUnsignedString(value)));
  }

  /** JSON has no word for what is not finite. */
  private static JsonNode number(double value) {
    return Double.isFinite(value) ? JSON.numberNode(value) : NullNode.instance;
  }

  private static JsonNode number(float value) {
    return Float.isFinite(value) ? JSON.numberNode(value) : NullNode.instance;
  }

  private static ObjectNode dataSet(Payload.DataSet set) {
    ObjectNode json = JSON.objectNode();
    ArrayNode columns = json.putArray("columns");
    set.getColumnsList().forEach(columns::add);
    ArrayNode rows = json.putArray("rows");
    for (Payload.DataSet.Row row : set.getRowsList()) {
      ArrayNode elements = rows.addArray();
      for (Payload.DataSet.DataSetValue each : row.getElementsList()) {
        elements.add(
            switch (each.getValueCase()) {
              case INT_VALUE -> JSON.numberNode(each.getIntValue());
              case LONG_VALUE -> JSON.numberNode(each.getLongValue());
              case FLOAT_VALUE -> number(each.getFloatValue());
              case DOUBLE_VALUE -> number(each.getDoubleValue());
              case BOOLEAN_VALUE -> JSON.booleanNode(each.getBooleanValue());
              case STRING_VALUE -> JSON.textNode(each.getStringValue());
              case EXTENSION_VALUE, VALUE_NOT_SET -> NullNode.instance;
            });
      }
    }
    return json;
  }

  /** Its members by name; protobuf bounds how deep they are. */
  private static ObjectNode template(Payload.Template template) {
    ObjectNode json = JSON.objectNode();
    for (Payload.Metric each : template.getMetricsList()) {
      json.set(
          each.getName(),
          each.getIsNull()
              ? NullNode.instance
              : DataType.of(each.getDatatype())
                  .filter(type -> type.stands(each.getValueCase()))
                  .map(type -> value(each, type))
                  .orElse(NullNode.instance));
    }
    return json;
  }

  private static byte[] bytes(ObjectNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }
}
