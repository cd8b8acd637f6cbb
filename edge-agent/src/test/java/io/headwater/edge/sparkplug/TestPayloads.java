package io.headwater.edge.sparkplug;

import java.util.Map;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Metric;

/** Payloads as edge nodes send them. */
final class TestPayloads {
  private TestPayloads() {}

  /** A metric of a birth. */
  static Metric.Builder declare(String name, long alias, long value) {
    return Metric.newBuilder()
        .setName(name)
        .setAlias(alias)
        .setDatatype(DataType.INT64.code())
        .setLongValue(value);
  }

  static Payload nodeBirth(long bdSeq, long seq, long timestamp, Metric.Builder... metrics) {
    Payload.Builder payload =
        Payload.newBuilder()
            .setTimestamp(timestamp)
            .setSeq(seq)
            .addMetrics(bdSeq(bdSeq))
            .addMetrics(
                Metric.newBuilder()
                    .setName(SparkplugDecoder.REBIRTH)
                    .setDatatype(DataType.BOOLEAN.code())
                    .setBooleanValue(false));
    for (Metric.Builder metric : metrics) {
      payload.addMetrics(metric);
    }
    return payload.build();
  }

  static Metric.Builder bdSeq(long bdSeq) {
    return Metric.newBuilder()
        .setName("bdSeq")
        .setDatatype(DataType.INT64.code())
        .setLongValue(bdSeq);
  }

  static Payload death(long bdSeq, long timestamp) {
    return Payload.newBuilder().setTimestamp(timestamp).addMetrics(bdSeq(bdSeq)).build();
  }

  static Payload message(long seq, long timestamp, Metric.Builder... metrics) {
    Payload.Builder payload = Payload.newBuilder().setTimestamp(timestamp).setSeq(seq);
    for (Metric.Builder metric : metrics) {
      payload.addMetrics(metric);
    }
    return payload.build();
  }

  /** Data by aliases only. */
  static Payload data(long seq, long timestamp, Map<Long, Long> values) {
    Payload.Builder payload = Payload.newBuilder().setTimestamp(timestamp).setSeq(seq);
    values.forEach((alias, value) ->
        payload.addMetrics(Metric.newBuilder().setAlias(alias).setLongValue(value)));
    return payload.build();
  }
}
