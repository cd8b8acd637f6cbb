package io.headwater.uplink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.testsupport.Seed;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class UplinkCodecTest {
  private static final StreamPartition PARTITION = new StreamPartition("sensors.temperature", 2);

  static final Batch BATCH =
      new Batch(
          "gw-1",
          0x0102030405060708L,
          0x1112131415161718L,
          PARTITION,
          Track.BACKFILL,
          100,
          110,
          List.of(
              new UplinkRecord(
                  100,
                  1_700_000_000_123L,
                  ClockQuality.SYNCED,
                  utf8("dev42"),
                  utf8("21.5"),
                  "sensors/lab/dev42/temperature",
                  "client-7"),
              new UplinkRecord(
                  101, 1_700_000_000_456L, ClockQuality.UNSYNCED, null, utf8("ä"), "", "")),
          List.of(
              new Gap(102, 108, GapReason.DISK_FULL, 0, 6),
              new Gap(108, 110, GapReason.DECIMATED, 1, 10)));

  static final StateRequest STATE_REQUEST =
      new StateRequest(
          "gw-1",
          7,
          List.of(
              new Incarnation(1, Map.of()),
              new Incarnation(2, Map.of(PARTITION, 55L, new StreamPartition("mqtt", 0), 9L))),
          "0.1.0");

  static final StateRequest DECLARING =
      new StateRequest(
          STATE_REQUEST.gateway(),
          STATE_REQUEST.epoch(),
          STATE_REQUEST.incarnations(),
          STATE_REQUEST.agentVersion(),
          List.of(new StreamDeclaration("sensors.x", 12, 86_400_000, "zstd")));

  static final Answer ANSWER =
      new Answer(
          "gw-1",
          7,
          Answer.Verdict.ASK_FOR_STATE,
          List.of(new Settled(PARTITION, OffsetRanges.of(0, 100).add(120, 130))),
          new Credit(4, 65_536),
          1_700_000_000_789L,
          List.of(new Reject(PARTITION, 100, 110, RejectReason.BUSY, "more than 64 ranges")));

  static final GatewayStatus STATUS =
      new GatewayStatus("gw-1", true, "0.1.0", 42, 1_700_000_000_000L, ClockQuality.BRIDGE);

  static final GatewayStatus STATUS_WITH_RUN =
      new GatewayStatus(
          "gw-1",
          true,
          "0.1.0",
          42,
          1_700_000_000_000L,
          ClockQuality.BRIDGE,
          new GatewayStatus.Run(1_700_000_000_111L, 10_000, 3, 1_800_000_000_000L),
          GatewayStatus.Pace.UNKNOWN);

  static final GatewayStatus STATUS_WITH_PACE =
      new GatewayStatus(
          "gw-1",
          true,
          "0.1.0",
          42,
          1_700_000_000_000L,
          ClockQuality.BRIDGE,
          STATUS_WITH_RUN.run(),
          new GatewayStatus.Pace(95, 300_000_000));

  static final DeviceReport DEVICES =
      new DeviceReport(
          "gw-1",
          1_700_000_000_222L,
          1,
          2,
          List.of(
              new DeviceReport.Entry("dev-1", true, 1_700_000_000_200L),
              new DeviceReport.Entry("dev-ä", false, 1_700_000_000_100L)));

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void framesAreThoseOfTheGoldenFiles() throws Exception {
    assertGolden("batch-plain", UplinkCodec.encode(BATCH, false));
    assertGolden("state-request", UplinkCodec.encode(STATE_REQUEST));
    assertGolden("state-request-streams", UplinkCodec.encode(DECLARING));
    assertGolden("answer", UplinkCodec.encode(ANSWER));
    assertGolden("status", UplinkCodec.encode(STATUS));
    assertGolden("status-run", UplinkCodec.encode(STATUS_WITH_RUN));
    assertGolden("status-pace", UplinkCodec.encode(STATUS_WITH_PACE));
    assertGolden("devices", UplinkCodec.encode(DEVICES));
  }

  @Test
  void goldenFilesReadAsTheirMessages() throws Exception {
    assertThat(UplinkCodec.decodeBatch(golden("batch-plain"))).isEqualTo(BATCH);
    // Another zstd may compress otherwise: only reading is fixed.
    assertThat(UplinkCodec.decodeBatch(golden("batch-zstd"))).isEqualTo(BATCH);
    assertThat(UplinkCodec.decodeStateRequest(golden("state-request"))).isEqualTo(STATE_REQUEST);
    assertThat(UplinkCodec.decodeStateRequest(golden("state-request-streams")))
        .isEqualTo(DECLARING);
    assertThat(UplinkCodec.decodeAnswer(golden("answer"))).isEqualTo(ANSWER);
    assertThat(UplinkCodec.decodeStatus(golden("status"))).isEqualTo(STATUS);
    assertThat(UplinkCodec.decodeStatus(golden("status-run"))).isEqualTo(STATUS_WITH_RUN);
    assertThat(UplinkCodec.decodeStatus(golden("status-pace"))).isEqualTo(STATUS_WITH_PACE);
    assertThat(UplinkCodec.decodeDevices(golden("devices"))).isEqualTo(DEVICES);
    assertThat(UplinkCodec.isDeviceReport(golden("devices"))).isTrue();
    assertThat(UplinkCodec.isDeviceReport(golden("status"))).isFalse();
  }

  @Test
  void statusThatALaterVersionAddedToIsRead() throws Exception {
    byte[] frame = UplinkCodec.encode(STATUS_WITH_PACE);
    var writer = new FrameWriter();
    for (int i = 0; i < frame.length - 4; i++) {
      writer.u8(frame[i]);
    }
    assertThat(UplinkCodec.decodeStatus(writer.i64(99).text("more").sealed()))
        .isEqualTo(STATUS_WITH_PACE);
  }

  @Test
  void deviceReportsOfNoSenseAreRefused() {
    assertThatThrownBy(() -> new DeviceReport("g", 1, 2, 2, List.of()))
        .hasMessageContaining("part 2 of 2");
    assertThatThrownBy(() -> new DeviceReport.Entry("", true, 1))
        .hasMessageContaining("0 characters");
    byte[] frame = UplinkCodec.encode(DEVICES);
    for (int length = 0; length < frame.length; length++) {
      byte[] cut = Arrays.copyOf(frame, length);
      assertThatThrownBy(() -> UplinkCodec.decodeDevices(cut))
          .isInstanceOf(MalformedUplinkException.class);
    }
  }

  @Test
  void headerIsReadAlsoFromAFrameThatIsDamagedOrOfAVersionToCome() throws Exception {
    byte[] damaged = golden("batch-plain");
    damaged[damaged.length - 6] ^= 1;
    assertThat(UplinkCodec.header(damaged))
        .hasValueSatisfying(header -> {
          assertThat(header.gateway()).isEqualTo(BATCH.gateway());
          assertThat(header.epoch()).isEqualTo(BATCH.epoch());
          assertThat(header.partition()).isEqualTo(BATCH.partition());
          assertThat(header.firstOffset()).isEqualTo(100);
          assertThat(header.nextOffset()).isEqualTo(110);
        });
    damaged[1] = 9;
    assertThat(UplinkCodec.header(damaged))
        .hasValueSatisfying(header -> assertThat(header.version()).isEqualTo(9));
    assertThat(UplinkCodec.header(golden("status"))).isEmpty();
    assertThat(UplinkCodec.header(new byte[] {0x48, 1})).isEmpty();
  }

  private static void assertGolden(String name, byte[] frame) throws Exception {
    assertThat(HexFormat.of().formatHex(frame))
        .as(name)
        .isEqualTo(HexFormat.of().formatHex(golden(name)));
  }

  /** Hex digits, lines for reading; what follows a # is a comment. */
  private static byte[] golden(String name) throws Exception {
    try (InputStream in = UplinkCodecTest.class.getResourceAsStream("/golden/" + name + ".hex")) {
      assertThat(in).as(name).isNotNull();
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return HexFormat.of().parseHex(text.replaceAll("#.*", "").replaceAll("\\s", ""));
    }
  }

  @RepeatedTest(20)
  void randomBatchesComeBackAsTheyWere() throws Exception {
    Seed seed = Seed.next();
    Batch batch = randomBatch(seed.random());

    assertThat(UplinkCodec.decodeBatch(UplinkCodec.encode(batch, true)))
        .as("%s", seed)
        .isEqualTo(batch);
    assertThat(UplinkCodec.decodeBatch(UplinkCodec.encode(batch, false)))
        .as("%s", seed)
        .isEqualTo(batch);
  }

  private static Batch randomBatch(SplittableRandom random) {
    long first = random.nextLong(1L << 40);
    long next = first;
    var records = new ArrayList<UplinkRecord>();
    var gaps = new ArrayList<Gap>();
    int steps = 1 + random.nextInt(30);
    for (int i = 0; i < steps; i++) {
      if (random.nextInt(5) == 0) {
        long end = next + 1 + random.nextInt(50);
        gaps.add(new Gap(next, end, GapReason.values()[random.nextInt(6)], 0, end - next));
        next = end;
      } else {
        byte[] value = new byte[random.nextInt(200)];
        random.nextBytes(value);
        records.add(
            new UplinkRecord(
                next++,
                random.nextLong(),
                ClockQuality.values()[random.nextInt(4)],
                random.nextBoolean() ? null : utf8("k" + i),
                value,
                "t/" + i,
                ""));
      }
    }
    return new Batch(
        "g",
        random.nextLong(),
        random.nextLong(),
        PARTITION,
        Track.LIVE,
        first,
        next,
        records,
        gaps);
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] frame = UplinkCodec.encode(BATCH, true);
    for (int length = 0; length < frame.length; length++) {
      byte[] cut = Arrays.copyOf(frame, length);
      assertThatThrownBy(() -> UplinkCodec.decodeBatch(cut))
          .as("cut to %d bytes", length)
          .isInstanceOf(MalformedUplinkException.class);
    }
  }

  @Test
  void everyFlippedBitIsRefused() {
    byte[] frame = UplinkCodec.encode(BATCH, false);
    for (int bit = 0; bit < frame.length * 8; bit++) {
      byte[] flipped = frame.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> UplinkCodec.decodeBatch(flipped))
          .as("bit %d", bit)
          .isInstanceOf(MalformedUplinkException.class);
    }
  }

  /** With a right checksum the fields themselves must hold out. */
  @RepeatedTest(20)
  void garbageUnderARightChecksumIsRefusedOrRead() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    byte[] frame = UplinkCodec.encode(BATCH, random.nextBoolean());
    for (int i = 0; i < 500; i++) {
      var body = Arrays.copyOf(frame, frame.length - 4);
      for (int hits = 1 + random.nextInt(4); hits > 0; hits--) {
        body[2 + random.nextInt(body.length - 2)] = (byte) random.nextInt();
      }
      var writer = new FrameWriter();
      for (byte b : body) {
        writer.u8(b);
      }
      byte[] sealed = writer.sealed();
      try {
        UplinkCodec.decodeBatch(sealed);
      } catch (MalformedUplinkException _) {
        // The only failure that is allowed.
      } catch (RuntimeException e) {
        throw new AssertionError(seed + " round " + i, e);
      }
    }
  }

  @Test
  void textIsUtf8OrRefused() throws Exception {
    for (String text : List.of("", "plain", "ä€😀", "a \uFFFD that is meant")) {
      var reader = new FrameReader(ByteBuffer.wrap(new FrameWriter().text(text).toBytes()));
      assertThat(reader.text()).isEqualTo(text);
      reader.end();
    }
    byte[] wrong = new FrameWriter().text("a\u00E4").toBytes();
    wrong[wrong.length - 1] = 'x';
    assertThatThrownBy(() -> new FrameReader(ByteBuffer.wrap(wrong)).text())
        .isInstanceOf(MalformedUplinkException.class)
        .hasMessage("text is not UTF-8");
  }

  @Test
  void anotherVersionIsToldApart() {
    byte[] body = Arrays.copyOf(UplinkCodec.encode(STATUS), UplinkCodec.encode(STATUS).length - 4);
    body[1] = 2;
    var writer = new FrameWriter();
    for (byte b : body) {
      writer.u8(b);
    }
    byte[] frame = writer.sealed();

    assertThatThrownBy(() -> UplinkCodec.decodeStatus(frame))
        .isInstanceOfSatisfying(
            MalformedUplinkException.class, e -> assertThat(e.isUnknownVersion()).isTrue());
  }

  @Test
  void batchMustSpeakForItsWholeRange() {
    assertThatThrownBy(
            () -> new Batch("g", 1, 1, PARTITION, Track.LIVE, 0, 3, List.of(), List.of()))
        .hasMessageContaining("covers up to 0 but says 3");
  }

  @Test
  void lanesAndTopicsAreStable() {
    assertThat(UplinkTopics.up("gw-1")).isEqualTo("headwater/v1/up/2c/gw-1");
    assertThat(UplinkTopics.parse("headwater/v1/up/2c/gw-1"))
        .contains(new UplinkTopics.Inbound(UplinkTopics.Kind.UP, 0x2c, "gw-1"));
    assertThat(UplinkTopics.parse("headwater/v1/up/00/gw-1")).isEmpty();
    assertThat(UplinkTopics.parse("headwater/v1/up/2c/gw#1")).isEmpty();
    assertThat(UplinkTopics.isGateway("a/b")).isFalse();
  }
}
