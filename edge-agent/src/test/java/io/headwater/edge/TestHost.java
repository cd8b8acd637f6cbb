package io.headwater.edge;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Metric;

/**
 * A host application that holds one edge node to the specification: every {@link #heard} checks
 * births, numbers, aliases and deaths of all that has come.
 */
final class TestHost implements AutoCloseable {
  private static final long NOT_BORN = -1;

  private final TestClient client;

  /**
   * A value that was told by data; those in births are told beside.
   *
   * @param bdSeq of the connection that told it
   */
  record Value(String name, double value, long timestamp, boolean isHistorical, long bdSeq) {}

  /**
   * What the node has said.
   *
   * @param births the {@code bdSeq} of each
   * @param deaths likewise
   * @param bornValues of metrics, in the last birth
   * @param online whether its last word is not its death
   */
  record Heard(
      List<Long> births,
      List<Long> deaths,
      List<Value> values,
      Map<String, Double> bornValues,
      boolean online) {
    List<Double> of(String name) {
      return values.stream().filter(each -> each.name().equals(name)).map(Value::value).toList();
    }
  }

  TestHost(int port) {
    // At QoS 0 the broker keeps data and deaths in one order.
    client = new TestClient(port, "host").subscribe("spBv1.0/plant/+/gateway", 0);
  }

  /** What its STATE is, retained. */
  void says(boolean online, long timestamp) {
    assertThat(
            client.publishRetained(
                "spBv1.0/STATE/scada",
                "{\"online\":%s,\"timestamp\":%d}".formatted(online, timestamp)))
        .isTrue();
  }

  void asksForBirth() {
    byte[] command =
        Payload.newBuilder()
            .setTimestamp(1)
            .addMetrics(
                Metric.newBuilder()
                    .setName("Node Control/Rebirth")
                    .setDatatype(11)
                    .setBooleanValue(true))
            .build()
            .toByteArray();
    assertThat(client.publish("spBv1.0/plant/NCMD/gateway", command, 0, false)).isTrue();
  }

  /** Everything so far, looked through from the beginning. */
  Heard heard() {
    var births = new ArrayList<Long>();
    var deaths = new ArrayList<Long>();
    var values = new ArrayList<Value>();
    var names = new HashMap<Long, String>();
    var bornValues = new HashMap<String, Double>();
    long next = NOT_BORN;
    for (Mqtt5Publish each : client.received()) {
      Payload payload = parse(each);
      String type = each.getTopic().getLevels().get(2);
      switch (type) {
        case "NBIRTH" -> {
          assertThat(payload.getSeq()).isZero();
          births.add(bdSeq(payload));
          names.clear();
          bornValues.clear();
          for (Metric metric : payload.getMetricsList()) {
            if (metric.hasAlias()) {
              assertThat(names.put(metric.getAlias(), metric.getName())).isNull();
              assertThat(bornValues.put(metric.getName(), metric.getDoubleValue())).isNull();
              assertThat(metric.getIsHistorical()).isFalse();
            }
          }
          next = 1;
        }
        case "NDATA" -> {
          assertThat(payload.getSeq()).as("data only after a birth, and in order").isEqualTo(next);
          next = (next + 1) % 256;
          for (Metric metric : payload.getMetricsList()) {
            assertThat(names).containsKey(metric.getAlias());
            values.add(
                new Value(
                    names.getOrDefault(metric.getAlias(), ""),
                    metric.getDoubleValue(),
                    metric.getTimestamp(),
                    metric.getIsHistorical(),
                    births.getLast()));
          }
        }
        case "NDEATH" -> {
          long of = bdSeq(payload);
          deaths.add(of);
          if (!births.isEmpty() && births.getLast() == of) {
            next = NOT_BORN;
          }
        }
        default -> {
          assertThat(type).isEqualTo("NCMD");
        }
      }
    }
    return new Heard(births, deaths, values, bornValues, next >= 0);
  }

  private static long bdSeq(Payload payload) {
    return payload.getMetricsList().stream()
        .filter(metric -> metric.getName().equals("bdSeq"))
        .findFirst()
        .orElseThrow()
        .getLongValue();
  }

  private static Payload parse(Mqtt5Publish publish) {
    try {
      return Payload.parseFrom(publish.getPayloadAsBytes());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
