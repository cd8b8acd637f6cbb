package io.headwater.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.process.HostPort;
import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.Gap;
import io.headwater.uplink.GapReason;
import io.headwater.uplink.RejectReason;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.Track;
import io.headwater.uplink.UplinkRecord;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Bridges as processes between a scripted gateway and a real hub. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BridgeIT {
  private static final Duration START = Duration.ofSeconds(60);

  @TempDir private static Path shared;
  private static String kafka = "";
  private AutoCloseable hub = () -> {};

  /**
   * Starts the hub of all tests; they hold of every hub.
   *
   * @param address is told its bootstrap address
   * @return ends it
   */
  AutoCloseable startHub(Path folder, Consumer<String> address) throws IOException {
    ChildProcess process = Headwater.startHub(folder);
    address.accept(Objects.requireNonNull(process.awaitReady(START).get("kafka")));
    return process;
  }

  @BeforeAll
  void startHub() throws IOException {
    hub = startHub(shared, address -> kafka = address);
  }

  @AfterAll
  void stopHub() throws Exception {
    hub.close();
  }

  /** By which bridges learn of one another's end. */
  String groupSetting() {
    return "uplink.session-timeout=6s";
  }

  private ChildProcess startBridge(Path data) {
    return Headwater.start(
        shared,
        "bridge",
        "--data",
        data.toString(),
        "--port",
        "0",
        "--hub",
        kafka,
        "--set",
        "http=127.0.0.1:0",
        "--set",
        groupSetting());
  }

  private static String mqtt(ChildProcess bridge) {
    return Objects.requireNonNull(bridge.awaitReady(START).get("mqtt"));
  }

  private static Batch batch(String gateway, String stream, long from, long to, Gap... gaps) {
    long recordsTo = gaps.length == 0 ? to : gaps[0].firstOffset();
    List<UplinkRecord> records =
        LongStream.range(from, recordsTo).mapToObj(offset -> record(offset, "v" + offset)).toList();
    return new Batch(
        gateway,
        TestGateway.EPOCH,
        TestGateway.INCARNATION,
        new StreamPartition(stream, 0),
        Track.LIVE,
        from,
        to,
        records,
        List.of(gaps));
  }

  private static UplinkRecord record(long offset, String value) {
    return new UplinkRecord(
        offset,
        1_700_000_000_000L + offset,
        ClockQuality.UNSYNCED,
        "key".getBytes(StandardCharsets.UTF_8),
        value.getBytes(StandardCharsets.UTF_8),
        "some/topic",
        "client-1");
  }

  private static List<String> expected(long to) {
    return LongStream.range(0, to).mapToObj(offset -> "v" + offset).toList();
  }

  @Test
  void doubledOverlappingAndResentBatchesArriveOnceAlsoOverASigkill() {
    Path data = shared.resolve("once");
    var partition = new StreamPartition("once", 0);
    ChildProcess bridge = startBridge(data);
    try (var gateway = new TestGateway("gw-once", mqtt(bridge))) {
      assertThat(gateway.ask(TestGateway.INCARNATION).verdict()).isEqualTo(Answer.Verdict.KNOWN);
      gateway.deliverUntilSettled(
          partition,
          0,
          200,
          batch("gw-once", "once", 0, 100),
          batch("gw-once", "once", 0, 100),
          batch("gw-once", "once", 50, 200));
    }
    bridge.kill();
    bridge = startBridge(data);
    try (var gateway = new TestGateway("gw-once", mqtt(bridge))) {
      Answer state = gateway.ask(TestGateway.INCARNATION);
      assertThat(state.settled())
          .anySatisfy(
              settled -> assertThat(settled.ranges().covers(0, 200)).as("%s", settled).isTrue());
      gateway.deliverUntilSettled(partition, 0, 250, batch("gw-once", "once", 100, 250));

      List<ConsumerRecord<String, String>> records = Committed.records(kafka, "once", 250);
      assertThat(records).extracting(ConsumerRecord::value).isEqualTo(expected(250));
      ConsumerRecord<String, String> first = records.getFirst();
      assertThat(first.key()).isEqualTo("key");
      assertThat(header(first, "gateway")).isEqualTo("gw-once");
      assertThat(header(first, "mqtt.topic")).isEqualTo("some/topic");
      assertThat(header(first, "mqtt.client")).isEqualTo("client-1");
      assertThat(header(first, "edge.offset")).isEqualTo("4d:once:0:0");
      assertThat(header(first, "track")).isEqualTo("live");
      assertThat(header(first, "captured")).isEqualTo("1700000000000");
      assertThat(header(first, "clock")).isEqualTo("unsynced");
    } finally {
      bridge.kill();
    }
  }

  private static String header(ConsumerRecord<?, ?> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  @Test
  void gapsCopiesAndPoisonAreToldApart() {
    ChildProcess bridge = startBridge(shared.resolve("gaps"));
    try (var gateway = new TestGateway("gw-gaps", mqtt(bridge))) {
      gateway.ask(TestGateway.INCARNATION);
      var partition = new StreamPartition("gaps", 0);
      gateway.deliverUntilSettled(
          partition,
          0,
          20,
          batch("gw-gaps", "gaps", 0, 20, new Gap(10, 20, GapReason.DISK_FULL, 0, 10)));
      assertThat(Committed.values(kafka, "gaps", 10)).isEqualTo(expected(10));
      assertThat(Committed.values(kafka, "headwater-gaps", 1))
          .singleElement()
          .asString()
          .contains("\"first\":10", "\"next\":20", "\"reason\":\"disk-full\"");

      // Larger than the hub takes: refused in company, buried alone.
      String large = "x".repeat(1_200_000);
      UplinkRecord poison = record(20, large);
      assertThat(
              gateway
                  .deliver(
                      answer -> !answer.rejects().isEmpty(),
                      new Batch(
                          "gw-gaps",
                          TestGateway.EPOCH,
                          TestGateway.INCARNATION,
                          partition,
                          Track.LIVE,
                          20,
                          22,
                          List.of(poison, record(21, "v21")),
                          List.of()))
                  .rejects())
          .singleElement()
          .satisfies(reject -> assertThat(reject.reason()).isEqualTo(RejectReason.POISON));
      gateway.deliverUntilSettled(
          partition,
          0,
          21,
          new Batch(
              "gw-gaps",
              TestGateway.EPOCH,
              TestGateway.INCARNATION,
              partition,
              Track.LIVE,
              20,
              21,
              List.of(poison),
              List.of()));
      assertThat(Committed.records(kafka, "gaps.dlq", 1))
          .singleElement()
          .satisfies(record -> assertThat(header(record, "cause")).isNotEmpty());

      // Cursors are believed by every bridge: no gateway writes them, nor the hub's own topics.
      for (String reserved : List.of("headwater-cursors", "headwater-gaps", "__consumer_offsets")) {
        assertThat(
                gateway
                    .deliver(
                        answer -> !answer.rejects().isEmpty(), batch("gw-gaps", reserved, 0, 1))
                    .rejects())
            .singleElement()
            .satisfies(reject -> {
              assertThat(reject.reason()).isEqualTo(RejectReason.NOT_ALLOWED);
              assertThat(reject.partition().stream()).isEqualTo(reserved);
            });
      }
      assertThat(Committed.records(kafka, "headwater-gaps", 1)).hasSize(1);

      assertThat(gateway.ask(99).verdict()).isEqualTo(Answer.Verdict.COPY);
    } finally {
      bridge.kill();
    }
  }

  @Test
  void pausedBridgeThatComesBackDoublesNothing() {
    ChildProcess old = startBridge(shared.resolve("old"));
    ChildProcess heir = null;
    var partition = new StreamPartition("paused", 0);
    try (var gateway = new TestGateway("gw-paused", mqtt(old))) {
      gateway.ask(TestGateway.INCARNATION);
      gateway.deliverUntilSettled(partition, 0, 50, batch("gw-paused", "paused", 0, 50));

      // Batches wait in the paused owner; its heir commits the same ones meanwhile.
      old.signal("STOP");
      // Not waited for: nobody acknowledges it.
      Thread.ofVirtual().start(() -> gateway.send(batch("gw-paused", "paused", 50, 100)));
      heir = startBridge(shared.resolve("heir"));
      try (var again = new TestGateway("gw-paused", mqtt(heir))) {
        again.ask(TestGateway.INCARNATION);
        again.deliverUntilSettled(partition, 0, 120, batch("gw-paused", "paused", 50, 120));

        old.signal("CONT");

        again.deliverUntilSettled(partition, 0, 150, batch("gw-paused", "paused", 120, 150));
        assertThat(Committed.values(kafka, "paused", 150)).isEqualTo(expected(150));
      }
    } finally {
      old.kill();
      if (heir != null) {
        heir.kill();
      }
    }
  }

  @Test
  void garbageOnThePortLeavesGatewaysAlone() throws IOException {
    ChildProcess bridge = startBridge(shared.resolve("garbage"));
    String address = mqtt(bridge);
    try (var gateway = new TestGateway("gw-garbage", address)) {
      gateway.ask(TestGateway.INCARNATION);
      for (String garbage : List.of("GET / HTTP/1.1\r\n\r\n", "\0\0\0\0", "\u0010\u00ff\u00ff")) {
        try (var socket =
            new Socket(InetAddress.getLoopbackAddress(), HostPort.parse(address).port())) {
          socket.getOutputStream().write(garbage.getBytes(StandardCharsets.ISO_8859_1));
        }
      }
      gateway.deliverUntilSettled(
          new StreamPartition("garbage", 0), 0, 10, batch("gw-garbage", "garbage", 0, 10));

      assertThat(gateway.isConnected()).isTrue();
      assertThat(Committed.values(kafka, "garbage", 10)).isEqualTo(expected(10));
    } finally {
      bridge.kill();
    }
  }
}
