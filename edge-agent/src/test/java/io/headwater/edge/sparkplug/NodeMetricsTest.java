package io.headwater.edge.sparkplug;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.headwater.edge.sparkplug.HostState.Word;
import io.headwater.edge.sparkplug.NodeMetrics.Reading;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload;
import org.eclipse.tahu.protobuf.SparkplugBProto.Payload.Metric;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the agent says as an edge node. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class NodeMetricsTest {
  private final NodeMetrics metrics = new NodeMetrics();

  @BeforeEach
  void connect() {
    metrics.connecting(7);
  }

  /** Learns of it; whether a birth is due before it is said. */
  private boolean needsBirth(Reading reading) {
    metrics.learn(reading);
    return !metrics.isBorn(reading.name());
  }

  private static Reading reading(String topic, String payload) {
    return NodeMetrics.read(topic, payload.getBytes(StandardCharsets.UTF_8), 1234);
  }

  private static Payload parse(byte[] bytes) {
    try {
      return Payload.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static Map<String, Metric> byName(Payload birth) {
    return birth.getMetricsList().stream().collect(Collectors.toMap(Metric::getName, m -> m));
  }

  private static Metric find(Map<String, Metric> metrics, String name) {
    return Objects.requireNonNull(metrics.get(name), name);
  }

  @Test
  void birthHasAllMetricsWithTheirTypesAndValues() {
    assertThat(needsBirth(reading("t", "{\"name\":\"t\",\"value\":21.5,\"unit\":\"C\"}"))).isTrue();
    assertThat(needsBirth(reading("door", "true"))).isTrue();
    assertThat(needsBirth(reading("text", "hello"))).isTrue();
    assertThat(needsBirth(reading("t", "22"))).as("until it is born").isTrue();

    Payload birth = parse(metrics.birth(5000));

    assertThat(birth.getSeq()).isZero();
    assertThat(birth.getTimestamp()).isEqualTo(5000);
    Map<String, Metric> byName = byName(birth);
    assertThat(byName.keySet())
        .containsExactlyInAnyOrder("bdSeq", "Node Control/Rebirth", "t", "door", "text");
    assertThat(find(byName, "bdSeq").getLongValue()).isEqualTo(7);
    assertThat(find(byName, "t").getDatatype()).isEqualTo(DataType.DOUBLE.code());
    assertThat(find(byName, "t").getDoubleValue()).as("newest").isEqualTo(22);
    assertThat(find(byName, "t").getTimestamp()).isEqualTo(1234);
    assertThat(find(byName, "door").getBooleanValue()).isTrue();
    assertThat(find(byName, "text").getStringValue()).isEqualTo("hello");
    assertThat(needsBirth(reading("t", "22"))).isFalse();
    assertThat(parse(metrics.death(6000)).getMetrics(0).getLongValue()).isEqualTo(7);
  }

  @Test
  void dataIsByAliasNumberedAndHistoricalIfItWaited() {
    metrics.learn(reading("t", "1"));
    metrics.learn(reading("u", "1"));
    Map<String, Metric> birth = byName(parse(metrics.birth(5000)));

    Payload late = parse(metrics.data(List.of(reading("u", "2")), true, 5001));
    Payload live = parse(metrics.data(List.of(reading("t", "3"), reading("u", "4")), false, 5002));

    assertThat(late.getSeq()).isEqualTo(1);
    assertThat(live.getSeq()).isEqualTo(2);
    assertThat(late.getMetrics(0).hasName()).isFalse();
    assertThat(late.getMetrics(0).getAlias()).isEqualTo(find(birth, "u").getAlias());
    assertThat(late.getMetrics(0).getIsHistorical()).isTrue();
    assertThat(live.getMetrics(0).getIsHistorical()).isFalse();
    assertThat(live.getMetrics(0).getDoubleValue()).isEqualTo(3);
    for (int i = 3; i < 256; i++) {
      assertThat(parse(metrics.data(List.of(reading("t", "1")), false, 1)).getSeq()).isEqualTo(i);
    }
    assertThat(parse(metrics.data(List.of(reading("t", "1")), false, 1)).getSeq()).isZero();
    Payload again = parse(metrics.birth(9000));
    assertThat(again.getSeq()).isZero();
    assertThat(find(byName(again), "u").getDoubleValue()).as("said, but not newest").isEqualTo(1);
  }

  @Test
  void faultIsANullOfBadQuality() {
    String fault = "{\"name\":\"t\",\"quality\":\"bad\",\"fault\":\"no-answer\"}";
    metrics.learn(reading("t", "1"));
    metrics.birth(1);
    assertThat(needsBirth(reading("t", fault))).isFalse();

    Metric metric = parse(metrics.data(List.of(reading("t", fault)), false, 2)).getMetrics(0);

    assertThat(metric.getIsNull()).isTrue();
    assertThat(metric.getProperties().getKeys(0)).isEqualTo("Quality");
    assertThat(metric.getProperties().getValues(0).getIntValue()).isZero();
  }

  @Test
  void firstReadingThatIsAFaultDecidesNoType() {
    String fault = "{\"name\":\"t\",\"quality\":\"bad\",\"fault\":\"no-answer\"}";
    metrics.learn(reading("number", fault));
    metrics.learn(reading("flag", fault));
    metrics.birth(1);

    assertThat(needsBirth(reading("number", "2"))).as("as it was born").isFalse();
    assertThat(needsBirth(reading("flag", "true"))).isTrue();

    Map<String, Metric> birth = byName(parse(metrics.birth(2)));
    assertThat(find(birth, "number").getDatatype()).isEqualTo(DataType.DOUBLE.code());
    assertThat(find(birth, "number").getDoubleValue()).isEqualTo(2);
    assertThat(find(birth, "flag").getDatatype()).isEqualTo(DataType.BOOLEAN.code());
    assertThat(needsBirth(reading("flag", fault))).as("nor changes one").isFalse();
  }

  @Test
  void whatIsNoNumberIsNotMadeOne() {
    assertThat(reading("t", "12 bottles").value().asText()).isEqualTo("12 bottles");
    assertThat(reading("t", "12 13").value().isTextual()).isTrue();
    assertThat(reading("t", " 12 ").value().asDouble()).isEqualTo(12);
    assertThat(reading("t", "NaN").value().isTextual()).isTrue();
    for (String unknown : List.of("", "1e999", "{\"value\":-1e999}", "{\"value\":[1]}")) {
      assertThat(reading("t", unknown).value().isNull()).as(unknown).isTrue();
    }
    assertThat(reading("t", "").isGood()).isFalse();
    assertThat(reading("t", "1e999").isGood()).isFalse();
  }

  @Test
  void namesOfTheProtocolAreNoMetricsAndThereIsAnEndOfThem() {
    for (String reserved : List.of("bdSeq", "Node Control/Rebirth", "Node Control/x")) {
      metrics.learn(reading(reserved, "1"));
      assertThat(metrics.knows(reserved)).as(reserved).isFalse();
    }
    for (int i = 0; i < 10_001; i++) {
      metrics.learn(reading("m" + i, "1"));
    }
    assertThat(metrics.knows("m9999")).isTrue();
    assertThat(metrics.knows("m10000")).isFalse();
    assertThat(parse(metrics.birth(1)).getMetricsCount()).isEqualTo(10_002);
  }

  @Test
  void metricThatChangesItsTypeBecomesAStringByAnotherBirth() {
    metrics.learn(reading("t", "1"));
    metrics.birth(1);
    assertThat(needsBirth(reading("t", "off"))).isTrue();

    assertThat(find(byName(parse(metrics.birth(2))), "t").getDatatype())
        .isEqualTo(DataType.STRING.code());
    assertThat(
            parse(metrics.data(List.of(reading("t", "off"), reading("t", "2")), false, 3))
                .getMetricsList())
        .extracting(Metric::getStringValue)
        .containsExactly("off", "2");
    assertThat(needsBirth(reading("t", "3"))).as("it stays one").isFalse();
  }

  @Test
  void nextConnectionHasToBeBornWithTheSameAliases() {
    metrics.learn(reading("t", "1"));
    metrics.learn(reading("u", "2"));
    Map<String, Metric> before = byName(parse(metrics.birth(1)));

    metrics.connecting(8);

    assertThat(needsBirth(reading("u", "3"))).isTrue();
    Map<String, Metric> after = byName(parse(metrics.birth(2)));
    assertThat(find(after, "bdSeq").getLongValue()).isEqualTo(8);
    assertThat(find(after, "u").getAlias()).isEqualTo(find(before, "u").getAlias());
  }

  @Test
  void commandsForABirthAreKnown() {
    assertThat(NodeMetrics.asksForBirth(SparkplugDecoder.rebirth(1))).contains(true);
    assertThat(NodeMetrics.asksForBirth(TestPayloads.death(1, 1).toByteArray())).contains(false);
    assertThat(NodeMetrics.asksForBirth(new byte[] {1, 2, 3})).isEmpty();
  }

  @Test
  void hostStateIsItsNewestWord() {
    var host = new HostState();
    assertThat(host.isOnline()).isFalse();
    assertThat(say(host, "{\"online\":true,\"timestamp\":10}")).isEqualTo(Word.COUNTS);
    assertThat(host.isOnline()).isTrue();
    assertThat(say(host, "{\"online\":false,\"timestamp\":9}")).as("older").isEqualTo(Word.NONE);
    for (String none :
        List.of(
            "OFFLINE",
            "",
            "null",
            "{\"online\":1,\"timestamp\":11}",
            "{\"online\":false,\"timestamp\":1e99}",
            "{\"online\":false,\"timestamp\":99999999999999999999}",
            "{\"online\":false}")) {
      assertThat(say(host, none)).as(none).isEqualTo(Word.NONE);
    }
    assertThat(host.isOnline()).isTrue();
    assertThat(say(host, "{\"online\":false,\"timestamp\":10}")).isEqualTo(Word.COUNTS);
    assertThat(host.isOnline()).isFalse();
    assertThat(say(host, "{\"online\":true,\"timestamp\":9}")).isEqualTo(Word.OLD_ONLINE);
    assertThat(host.isOnline()).isFalse();
    host.forget();
    assertThat(say(host, "{\"online\":true,\"timestamp\":9}"))
        .as("retained by the broker")
        .isEqualTo(Word.COUNTS);
  }

  private static Word say(HostState host, String payload) {
    return host.take(payload.getBytes(StandardCharsets.UTF_8));
  }
}
