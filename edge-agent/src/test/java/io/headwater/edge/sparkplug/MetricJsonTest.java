package io.headwater.edge.sparkplug;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.DataSet;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Metric;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.PropertySet;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.PropertyValue;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Template;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Readings that metrics become. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class MetricJsonTest {
  private static final SparkplugTopic TOPIC =
      SparkplugTopic.parse("spBv1.0/plant/DDATA/press/motor").orElseThrow();

  private static String json(DataType type, Metric.Builder metric) {
    return new String(
        MetricJson.payload(TOPIC, value("motor", "speed", type, metric)), StandardCharsets.UTF_8);
  }

  private static NodeEvent.Value value(
      String device, String name, DataType type, Metric.Builder metric) {
    return new NodeEvent.Value(
        device, new MetricTable.Definition(name, type), metric.build(), 1_700_000_000_000L);
  }

  private static String valueOf(DataType type, Metric.Builder metric) {
    String json = json(type, metric);
    return json.substring(json.indexOf("\"value\":") + 8, json.indexOf(",\"type\""));
  }

  @Test
  void whole() {
    assertThat(json(DataType.DOUBLE, Metric.newBuilder().setDoubleValue(1450.5)))
        .isEqualTo(
            "{\"group\":\"plant\",\"node\":\"press\",\"device\":\"motor\",\"name\":\"speed\","
                + "\"value\":1450.5,\"type\":\"Double\",\"timestamp\":1700000000000,"
                + "\"quality\":\"good\",\"is_historical\":false}");
    assertThat(
            json(
                DataType.DOUBLE,
                Metric.newBuilder()
                    .setIsNull(true)
                    .setIsHistorical(true)
                    .setProperties(
                        PropertySet.newBuilder()
                            .addKeys("Quality")
                            .addValues(PropertyValue.newBuilder().setType(3).setIntValue(500)))))
        .contains("\"value\":null", "\"quality\":\"stale\"", "\"is_historical\":true");
  }

  @Test
  void valuesOfAllTypes() {
    assertThat(valueOf(DataType.INT8, Metric.newBuilder().setIntValue(0xFF))).isEqualTo("-1");
    assertThat(valueOf(DataType.INT8, Metric.newBuilder().setIntValue(-1))).isEqualTo("-1");
    assertThat(valueOf(DataType.INT16, Metric.newBuilder().setIntValue(0x8000)))
        .isEqualTo("-32768");
    assertThat(valueOf(DataType.INT32, Metric.newBuilder().setIntValue(-5))).isEqualTo("-5");
    assertThat(valueOf(DataType.INT64, Metric.newBuilder().setLongValue(Long.MIN_VALUE)))
        .isEqualTo("-9223372036854775808");
    assertThat(valueOf(DataType.UINT8, Metric.newBuilder().setIntValue(255))).isEqualTo("255");
    assertThat(valueOf(DataType.UINT16, Metric.newBuilder().setIntValue(65_535)))
        .isEqualTo("65535");
    assertThat(valueOf(DataType.UINT32, Metric.newBuilder().setIntValue(-1)))
        .isEqualTo("4294967295");
    assertThat(valueOf(DataType.UINT32, Metric.newBuilder().setLongValue(4_294_967_295L)))
        .isEqualTo("4294967295");
    assertThat(valueOf(DataType.UINT64, Metric.newBuilder().setLongValue(-1)))
        .isEqualTo("18446744073709551615");
    assertThat(valueOf(DataType.FLOAT, Metric.newBuilder().setFloatValue(1.5f))).isEqualTo("1.5");
    assertThat(valueOf(DataType.BOOLEAN, Metric.newBuilder().setBooleanValue(true)))
        .isEqualTo("true");
    assertThat(valueOf(DataType.STRING, Metric.newBuilder().setStringValue("a\"b")))
        .isEqualTo("\"a\\\"b\"");
    assertThat(valueOf(DataType.DATE_TIME, Metric.newBuilder().setLongValue(5))).isEqualTo("5");
    assertThat(
            valueOf(
                DataType.BYTES,
                Metric.newBuilder().setBytesValue(ByteString.copyFrom(new byte[] {1, 2, 3}))))
        .isEqualTo("\"AQID\"");
    assertThat(
            valueOf(
                DataType.DATA_SET,
                Metric.newBuilder()
                    .setDatasetValue(
                        DataSet.newBuilder()
                            .setNumOfColumns(2)
                            .addColumns("a")
                            .addColumns("b")
                            .addRows(
                                DataSet.Row.newBuilder()
                                    .addElements(DataSet.DataSetValue.newBuilder().setIntValue(1))
                                    .addElements(
                                        DataSet.DataSetValue.newBuilder().setStringValue("x"))))))
        .isEqualTo("{\"columns\":[\"a\",\"b\"],\"rows\":[[1,\"x\"]]}");
    assertThat(
            valueOf(
                DataType.TEMPLATE,
                Metric.newBuilder()
                    .setTemplateValue(
                        Template.newBuilder()
                            .addMetrics(
                                Metric.newBuilder()
                                    .setName("on")
                                    .setDatatype(11)
                                    .setBooleanValue(true)))))
        .isEqualTo("{\"on\":true}");
  }

  @Test
  void whatJsonCannotSayIsBad() {
    assertThat(json(DataType.DOUBLE, Metric.newBuilder().setDoubleValue(Double.NaN)))
        .contains("\"value\":null", "\"quality\":\"bad\"");
    assertThat(json(DataType.FLOAT, Metric.newBuilder().setFloatValue(Float.POSITIVE_INFINITY)))
        .contains("\"value\":null", "\"quality\":\"bad\"");
  }

  @Test
  void differentMetricsHaveDifferentTopics() {
    var metric = Metric.newBuilder().setLongValue(1);
    assertThat(MetricJson.topic(TOPIC, value("motor", "a/b", DataType.INT64, metric)))
        .isEqualTo("sparkplug/device/plant/press/motor/a/b");
    assertThat(MetricJson.topic(TOPIC, value("", "motor/a/b", DataType.INT64, metric)))
        .isEqualTo("sparkplug/node/plant/press/motor/a/b");
    assertThat(MetricJson.topic(TOPIC, value("", "load %", DataType.INT64, metric)))
        .isEqualTo("sparkplug/node/plant/press/load %25");
    assertThat(MetricJson.topic(TOPIC, value("", "a+b#", DataType.INT64, metric)))
        .isEqualTo("sparkplug/node/plant/press/a%2Bb%23");
  }

  @Test
  void topicsAreReadAsTheSpecificationSays() {
    assertThat(SparkplugTopic.parse("spBv1.0/g/NBIRTH/n"))
        .contains(new SparkplugTopic("g", SparkplugTopic.MessageType.NBIRTH, "n", ""));
    assertThat(SparkplugTopic.parse("spBv1.0/g/DDATA/n/d"))
        .contains(new SparkplugTopic("g", SparkplugTopic.MessageType.DDATA, "n", "d"));
    for (String none :
        new String[] {
          "spBv1.0/g/NBIRTH",
          "spBv1.0/g/NBIRTH/n/d",
          "spBv1.0/g/DDATA/n",
          "spBv1.0/g/DDATA/n/d/e",
          "spBv1.0//NDATA/n",
          "spBv1.0/g/NDATA/",
          "spBv1.0/g/nbirth/n",
          "spBv1.0/STATE/host",
          "spAv1.0/g/NBIRTH/n"
        }) {
      assertThat(SparkplugTopic.parse(none)).as(none).isEqualTo(Optional.empty());
    }
  }
}
