package io.headwater.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.headwater.testsupport.ChildProcess;
import io.headwater.testsupport.Headwater;
import io.headwater.testsupport.Seed;
import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.ClockQuality;
import io.headwater.uplink.OffsetRanges;
import io.headwater.uplink.RejectReason;
import io.headwater.uplink.StreamDeclaration;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.Track;
import io.headwater.uplink.UplinkCodec;
import io.headwater.uplink.UplinkRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a bridge refuses, makes and survives; a scripted gateway, a real hub. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class UplinkIT {
  private static final Duration START = Duration.ofSeconds(60);

  @TempDir private static Path shared;
  private static ChildProcess hub;
  private static String kafka = "";

  @BeforeAll
  static void startHub() {
    hub = Headwater.startHub(shared);
    kafka = Objects.requireNonNull(hub.awaitReady(START).get("kafka"));
  }

  @AfterAll
  static void stopHub() {
    hub.kill();
  }

  private static ChildProcess startBridge(String name, String... settings) {
    var arguments =
        new ArrayList<>(
            List.of(
                "bridge",
                "--data",
                shared.resolve(name).toString(),
                "--port",
                "0",
                "--hub",
                kafka,
                "--set",
                "http=127.0.0.1:0"));
    if (List.of(settings).stream().noneMatch(setting -> setting.contains("group-protocol"))) {
      arguments.add("--set");
      arguments.add("uplink.session-timeout=6s");
    }
    for (String setting : settings) {
      arguments.add("--set");
      arguments.add(setting);
    }
    return Headwater.start(shared, arguments.toArray(String[]::new));
  }

  private static String mqtt(ChildProcess bridge) {
    return Objects.requireNonNull(bridge.awaitReady(START).get("mqtt"));
  }

  private static Batch batch(String gateway, String stream, long from, long to) {
    List<UplinkRecord> records =
        LongStream.range(from, to)
            .mapToObj(offset ->
                new UplinkRecord(
                    offset,
                    1_700_000_000_000L,
                    ClockQuality.UNSYNCED,
                    "key".getBytes(StandardCharsets.UTF_8),
                    ("v" + offset).getBytes(StandardCharsets.UTF_8),
                    "some/topic",
                    "client-1"))
            .toList();
    return new Batch(
        gateway,
        TestGateway.EPOCH,
        TestGateway.INCARNATION,
        new StreamPartition(stream, 0),
        Track.LIVE,
        from,
        to,
        records,
        List.of());
  }

  private static Optional<RejectReason> reason(Answer answer) {
    return answer.rejects().stream().map(io.headwater.uplink.Reject::reason).findFirst();
  }

  private static byte[] sealed(byte[] frame) {
    var crc = new CRC32C();
    crc.update(frame, 0, frame.length - 4);
    ByteBuffer.wrap(frame).putInt(frame.length - 4, (int) crc.getValue());
    return frame;
  }

  @Test
  void framesThatCannotBeReadAreAnsweredByReasonAndStopNothing() {
    ChildProcess bridge = startBridge("garbage");
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    try (var gateway = new TestGateway("gw-fuzz", mqtt(bridge))) {
      gateway.ask(TestGateway.INCARNATION);
      byte[] good = UplinkCodec.encode(batch("gw-fuzz", "fuzz", 0, 20), false);

      byte[] damaged = good.clone();
      damaged[damaged.length - 8] ^= 1;
      assertThat(gateway.sendRaw("up", damaged, answer -> reason(answer).isPresent()))
          .as("damaged on its way")
          .satisfies(answer -> assertThat(reason(answer)).contains(RejectReason.CORRUPT));
      byte[] newer = good.clone();
      newer[1] = 2;
      assertThat(gateway.sendRaw("up", sealed(newer), answer -> reason(answer).isPresent()))
          .as("of a version to come")
          .satisfies(answer -> assertThat(reason(answer)).contains(RejectReason.VERSION));
      assertThat(
              gateway
                  .deliver(
                      answer -> reason(answer).isPresent(), batch("gw-fuzz", "no blanks", 0, 1))
                  .rejects())
          .singleElement()
          .satisfies(reject -> assertThat(reject.reason()).isEqualTo(RejectReason.NOT_ALLOWED));

      byte[] state =
          UplinkCodec.encode(new io.headwater.uplink.StateRequest("gw-fuzz", 1, List.of(), "fuzz"));
      for (int i = 0; i < 1_500; i++) {
        byte[] base = random.nextInt(3) == 0 ? state : good;
        byte[] frame = base.clone();
        switch (random.nextInt(3)) {
          case 0 -> {
            frame = new byte[random.nextInt(300)];
            random.nextBytes(frame);
          }
          case 1 -> frame = java.util.Arrays.copyOf(frame, random.nextInt(frame.length + 50));
          default -> {
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
              // Not the epoch nor the opening: that would be another gateway's good batch.
              frame[28 + random.nextInt(frame.length - 32)] = (byte) random.nextInt(256);
            }
          }
        }
        if (frame.length > 8 && random.nextBoolean()) {
          sealed(frame);
        }
        gateway.sendRaw(
            random.nextInt(3) == 0 ? "state" : random.nextInt(8) == 0 ? "status" : "up", frame);
      }

      gateway.ask(TestGateway.INCARNATION);
      gateway.deliverUntilSettled(
          new StreamPartition("after-fuzz", 0), 0, 20, batch("gw-fuzz", "after-fuzz", 0, 20));
      assertThat(Committed.values(kafka, "after-fuzz", 20)).as("%s", seed).hasSize(20);
      assertThat(bridge.isAlive()).as("%s", seed).isTrue();
    } finally {
      bridge.kill();
    }
  }

  @Test
  void topicIsMadeAsTheStreamDeclaresIt() throws Exception {
    ChildProcess bridge = startBridge("declared");
    try (var gateway = new TestGateway("gw-declared", mqtt(bridge))) {
      gateway.declare(new StreamDeclaration("declared", 3, 3_600_000, "lz4"));
      gateway.ask(TestGateway.INCARNATION);
      gateway.deliverUntilSettled(
          new StreamPartition("declared", 0), 0, 5, batch("gw-declared", "declared", 0, 5));
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka))) {
        var described = admin.describeTopics(List.of("declared")).allTopicNames().get();
        assertThat(Objects.requireNonNull(described.get("declared")).partitions()).hasSize(3);
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, "declared");
        var config =
            Objects.requireNonNull(
                admin.describeConfigs(List.of(resource)).all().get().get(resource));
        assertThat(Objects.requireNonNull(config.get("retention.ms")).value()).isEqualTo("3600000");
        assertThat(Objects.requireNonNull(config.get("compression.type")).value()).isEqualTo("lz4");
      }
    } finally {
      bridge.kill();
    }
  }

  @Test
  void streamWithoutATopicStaysOnTheDeviceAndOthersGoOn() {
    ChildProcess bridge = startBridge("no-topic", "uplink.create-topics=false");
    try (var gateway = new TestGateway("gw-none", mqtt(bridge));
        Admin admin = Admin.create(Map.of("bootstrap.servers", kafka))) {
      admin
          .createTopics(
              List.of(
                  new org.apache.kafka.clients.admin.NewTopic(
                      "there", Optional.of(1), Optional.empty())))
          .all()
          .toCompletionStage()
          .toCompletableFuture()
          .join();
      gateway.ask(TestGateway.INCARNATION);

      Answer answer =
          gateway.deliver(a -> reason(a).isPresent(), batch("gw-none", "not-there", 0, 5));
      assertThat(reason(answer)).contains(RejectReason.NO_TOPIC);
      gateway.deliverUntilSettled(
          new StreamPartition("there", 0),
          0,
          5,
          batch("gw-none", "not-there", 0, 5),
          batch("gw-none", "there", 0, 5));
      assertThat(gateway.ask(TestGateway.INCARNATION).settled())
          .allSatisfy(settled -> assertThat(settled.partition().stream()).isEqualTo("there"));
    } finally {
      bridge.kill();
    }
  }

  @Test
  void copiesAndImagesAreToldWhatBothHave() {
    ChildProcess bridge = startBridge("copies");
    var partition = new StreamPartition("copies", 0);
    try (var gateway = new TestGateway("gw-copies", mqtt(bridge))) {
      gateway.ask(TestGateway.INCARNATION);
      gateway.deliverUntilSettled(partition, 0, 200, batch("gw-copies", "copies", 0, 200));

      // Another bridge knows it from the topic as well.
      bridge.kill();
      bridge = startBridge("copies");
      try (var again = new TestGateway("gw-copies", mqtt(bridge))) {
        Answer image = again.askOpened(Map.of(partition, 100L), TestGateway.INCARNATION, 99);
        assertThat(image.verdict()).isEqualTo(Answer.Verdict.COPY);
        assertThat(image.settled())
            .singleElement()
            .satisfies(settled -> assertThat(settled.ranges()).isEqualTo(OffsetRanges.of(0, 100)));
        assertThat(again.askOpened(Map.of(partition, 200L), TestGateway.INCARNATION, 98).verdict())
            .isEqualTo(Answer.Verdict.KNOWN);
      }
    } finally {
      bridge.kill();
    }
  }

  @Test
  void pausedBridgeDoublesNothingAlsoByTheNewerGroupProtocol() {
    ChildProcess old = startBridge("old", "uplink.group-protocol=consumer");
    ChildProcess heir = null;
    var partition = new StreamPartition("newer", 0);
    try (var gateway = new TestGateway("gw-newer", mqtt(old))) {
      gateway.ask(TestGateway.INCARNATION);
      gateway.deliverUntilSettled(partition, 0, 50, batch("gw-newer", "newer", 0, 50));
      old.signal("STOP");
      Thread.ofVirtual().start(() -> gateway.send(batch("gw-newer", "newer", 50, 100)));
      heir = startBridge("heir", "uplink.group-protocol=consumer");
      try (var again = new TestGateway("gw-newer", mqtt(heir))) {
        again.ask(TestGateway.INCARNATION);
        again.deliverUntilSettled(partition, 0, 120, batch("gw-newer", "newer", 50, 120));
        old.signal("CONT");
        again.deliverUntilSettled(partition, 0, 150, batch("gw-newer", "newer", 120, 150));
        assertThat(Committed.values(kafka, "newer", 150)).hasSize(150).doesNotHaveDuplicates();
      }
    } finally {
      old.kill();
      if (heir != null) {
        heir.kill();
      }
    }
  }

  /** Last, as it spoils the cursors' topic for the others until it is mended. */
  @Test
  void cursorTopicThatIsNotCompactedIsNotUsed() throws Exception {
    ChildProcess first = startBridge("policy");
    mqtt(first);
    first.kill();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka))) {
      setPolicy(admin, "delete");
      try {
        ChildProcess bridge = startBridge("policy-2");
        try {
          org.awaitility.Awaitility.await()
              .atMost(START)
              .untilAsserted(() ->
                  assertThat(bridge.output())
                      .contains("headwater-cursors has cleanup.policy=delete"));
          setPolicy(admin, "compact");
          mqtt(bridge);
        } finally {
          bridge.kill();
        }
      } finally {
        setPolicy(admin, "compact");
      }
    }
  }

  private static void setPolicy(Admin admin, String policy)
      throws InterruptedException, ExecutionException {
    admin
        .incrementalAlterConfigs(
            Map.of(
                new ConfigResource(ConfigResource.Type.TOPIC, "headwater-cursors"),
                List.of(
                    new AlterConfigOp(
                        new ConfigEntry("cleanup.policy", policy), AlterConfigOp.OpType.SET))))
        .all()
        .get();
  }
}
