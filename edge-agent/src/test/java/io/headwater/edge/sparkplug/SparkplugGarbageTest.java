package io.headwater.edge.sparkplug;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.headwater.edge.sparkplug.SparkplugDecoder.Said;
import io.headwater.edge.sparkplug.SparkplugTopic.MessageType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.DataSet;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Metric;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.PropertySet;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.PropertyValue;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Template;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is no message of an edge node, and what only looks like one. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SparkplugGarbageTest {
  private static final int ROUNDS = 2_000;
  private static final int NODES = 10;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final SparkplugDecoder decoder =
      new SparkplugDecoder(
          new SparkplugSettings(
              true, Duration.ofSeconds(2), Duration.ofSeconds(10), NODES, 100, Optional.empty()),
          topic -> !topic.contains("\0"),
          new SparkplugMetrics(registry));
  private long now;

  static LongStream seeds() {
    Long replayed = Long.getLong("headwater.seed");
    return replayed != null ? LongStream.of(replayed) : LongStream.range(0, 20);
  }

  /** A value of each kind, if possible one that contradicts itself. */
  private static Metric.Builder[] metrics() {
    Metric.Builder[] metrics =
        Arrays.stream(DataType.values())
            .map(type ->
                Metric.newBuilder()
                    .setName("m/" + type.text())
                    .setAlias(type.code())
                    .setDatatype(type.code())
                    .setTimestamp(Long.MAX_VALUE))
            .toArray(Metric.Builder[]::new);
    for (Metric.Builder each : metrics) {
      DataType type = DataType.of(each.getDatatype()).orElseThrow();
      switch (type) {
        case DATA_SET ->
            each.setDatasetValue(
                DataSet.newBuilder()
                    .setNumOfColumns(7)
                    .addColumns("one")
                    .addTypes(99)
                    .addRows(
                        DataSet.Row.newBuilder()
                            .addElements(DataSet.DataSetValue.newBuilder().setDoubleValue(1 / 0.0))
                            .addElements(DataSet.DataSetValue.newBuilder())));
        case TEMPLATE ->
            each.setTemplateValue(
                Template.newBuilder()
                    .addMetrics(Metric.newBuilder().setName("x").setDatatype(10))
                    .addMetrics(Metric.newBuilder().setDatatype(77).setIntValue(1)));
        case BYTES -> each.setBytesValue(ByteString.copyFrom(new byte[] {0, -1}));
        case DOUBLE -> each.setDoubleValue(Double.NaN);
        case STRING -> each.setStringValue("\0\uFFFF\"\\\n");
        default -> {
          if (type.stands(Metric.ValueCase.LONG_VALUE)) {
            each.setLongValue(Long.MIN_VALUE);
          } else if (type.stands(Metric.ValueCase.INT_VALUE)) {
            each.setIntValue(Integer.MIN_VALUE);
          }
        }
      }
      each.setProperties(
          PropertySet.newBuilder()
              .addKeys("Quality")
              .addKeys("Quality")
              .addValues(PropertyValue.newBuilder().setStringValue("x")));
    }
    return metrics;
  }

  private List<Said> take(MessageType type, byte[] payload) {
    now += 1_000_000;
    String device = type.isOfDevice() ? "d" : "";
    return decoder.take(new SparkplugTopic("g", type, "n", device), payload, "client", now);
  }

  private static byte[] damage(byte[] payload, SplittableRandom random) {
    byte[] bytes = payload.clone();
    for (int i = random.nextInt(1, 5); i > 0 && bytes.length > 0; i--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes = Arrays.copyOf(bytes, at);
        default -> {
          byte[] longer = Arrays.copyOf(bytes, bytes.length + random.nextInt(20));
          System.arraycopy(bytes, 0, longer, longer.length - bytes.length, bytes.length);
          bytes = longer;
        }
      }
    }
    return bytes;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noDamageThrowsAndTheNodeIsUnderstoodAfterIt(long seed) {
    var random = new SplittableRandom(seed);
    byte[] birth = TestPayloads.nodeBirth(1, 0, 1_000, metrics()).toByteArray();
    byte[] data = TestPayloads.message(1, 1_001, metrics()).toByteArray();
    byte[] death = TestPayloads.death(1, 1_002).toByteArray();
    assertThat(take(MessageType.NBIRTH, birth)).hasSizeGreaterThan(20);
    for (int i = 0; i < ROUNDS; i++) {
      MessageType type = MessageType.values()[random.nextInt(MessageType.values().length)];
      byte[] from =
          switch (random.nextInt(3)) {
            case 0 -> birth;
            case 1 -> data;
            default -> death;
          };
      for (Said each : take(type, damage(from, random))) {
        assertThat(each.topic()).startsWith("sparkplug/").doesNotContain("\0", "+", "#");
      }
      decoder.poll(now, now);
    }
    // Later than any time that damage can have made, and again if the node counts as turned back.
    Payload.Builder last = TestPayloads.nodeBirth(2, 0, Long.MAX_VALUE, metrics()).toBuilder();
    assertThat(take(MessageType.NBIRTH, last.build().toByteArray()))
        .as("seed %d", seed)
        .hasSizeGreaterThan(20);
  }

  /** A client that may publish cannot keep real nodes out by making nodes up. */
  @Test
  void nodesThatWereNeverBornMakeRoomForOthers() {
    for (int i = 0; i < 3 * NODES; i++) {
      decoder.take(
          new SparkplugTopic("made", MessageType.NDATA, "up" + i, ""),
          TestPayloads.message(1, 1).toByteArray(),
          "client",
          now);
    }

    IntStream.range(0, NODES)
        .forEach(i ->
            assertThat(
                    decoder.take(
                        new SparkplugTopic("g", MessageType.NBIRTH, "n" + i, ""),
                        TestPayloads.nodeBirth(1, 0, 1_000, TestPayloads.declare("a", 1, 2))
                            .toByteArray(),
                        "client",
                        now))
                .as("node %d", i)
                .isNotEmpty());
    assertThat(
            decoder.take(
                new SparkplugTopic("g", MessageType.NBIRTH, "more", ""),
                TestPayloads.nodeBirth(1, 0, 1_000).toByteArray(),
                "client",
                now))
        .as("born ones are not thrown out")
        .isEmpty();
    assertThat(decoder.believed()).isEqualTo(NODES);
  }
}
