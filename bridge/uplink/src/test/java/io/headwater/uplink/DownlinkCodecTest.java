package io.headwater.uplink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.testsupport.Seed;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class DownlinkCodecTest {
  private static final StreamPartition PARTITION = new StreamPartition("sensors.temperature", 2);

  private static final Command COMMAND =
      new Command(
          "gw-1",
          "c-1",
          "valve-7",
          CommandKind.MESSAGE,
          true,
          1_700_000_000_000L,
          1_700_000_060_000L,
          utf8("open"));

  private static final CommandResult RESULT =
      new CommandResult("gw-1", "c-1", CommandOutcome.ANSWERED, "", utf8("opened"));

  private static final FetchRequest FETCH =
      new FetchRequest(
          "gw-1",
          "c-2",
          7,
          PARTITION,
          FetchRequest.Place.offset(100),
          FetchRequest.Place.time(1_700_000_000_000L));

  private static final Batch BATCH =
      new Batch(
          "gw-1",
          7,
          5,
          PARTITION,
          Track.REFETCH,
          100,
          103,
          List.of(),
          List.of(new Gap(100, 103, GapReason.RETENTION, 0, 3)));

  private static final Fetched FETCHED =
      new Fetched("gw-1", "c-2", "", 100, 110, Optional.of(BATCH));

  private static final Values VALUES =
      new Values(
          "gw-1",
          9,
          1,
          2,
          List.of(new Values.Value("set/a", utf8("21")), new Values.Value("set/b", null)));

  private static final DownState STATE =
      new DownState("gw-1", 1, DownState.digest("set/a", utf8("21")));

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void framesAreThoseOfTheGoldenFiles() throws Exception {
    assertGolden("command", DownlinkCodec.encode(COMMAND));
    assertGolden("command-result", DownlinkCodec.encode(RESULT));
    assertGolden("fetch-request", DownlinkCodec.encode(FETCH));
    assertGolden("values", DownlinkCodec.encode(VALUES));
    assertGolden("values-state", DownlinkCodec.encode(STATE));
  }

  @Test
  void goldenFilesReadAsTheirMessages() throws Exception {
    assertThat(DownlinkCodec.decodeCommand(golden("command"))).isEqualTo(COMMAND);
    assertThat(DownlinkCodec.decodeResult(golden("command-result"))).isEqualTo(RESULT);
    assertThat(DownlinkCodec.decodeFetchRequest(golden("fetch-request"))).isEqualTo(FETCH);
    assertThat(DownlinkCodec.decodeFetched(golden("fetched"))).isEqualTo(FETCHED);
    assertThat(DownlinkCodec.decodeValues(golden("values"))).isEqualTo(VALUES);
    assertThat(DownlinkCodec.decodeState(golden("values-state"))).isEqualTo(STATE);
    // Another zstd may compress otherwise: the frame in the file is not compressed.
    assertThat(DownlinkCodec.decodeFetched(DownlinkCodec.encode(FETCHED))).isEqualTo(FETCHED);
  }

  private static void assertGolden(String name, byte[] frame) throws Exception {
    assertThat(HexFormat.of().formatHex(frame))
        .as(name)
        .isEqualTo(HexFormat.of().formatHex(golden(name)));
  }

  private static byte[] golden(String name) throws Exception {
    try (InputStream in = DownlinkCodecTest.class.getResourceAsStream("/golden/" + name + ".hex")) {
      assertThat(in).as(name).isNotNull();
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return HexFormat.of().parseHex(text.replaceAll("#.*", "").replaceAll("\\s", ""));
    }
  }

  private interface Decoder {
    Object decode(byte[] frame) throws MalformedUplinkException;
  }

  /** With a right checksum the fields themselves must hold out. */
  @RepeatedTest(10)
  void garbageUnderARightChecksumIsRefusedOrRead() {
    Seed seed = Seed.next();
    SplittableRandom random = seed.random();
    List<byte[]> frames =
        List.of(
            DownlinkCodec.encode(COMMAND),
            DownlinkCodec.encode(RESULT),
            DownlinkCodec.encode(FETCH),
            DownlinkCodec.encode(FETCHED),
            DownlinkCodec.encode(VALUES),
            DownlinkCodec.encode(STATE));
    List<Decoder> decoders =
        List.of(
            DownlinkCodec::decodeCommand,
            DownlinkCodec::decodeResult,
            DownlinkCodec::decodeFetchRequest,
            DownlinkCodec::decodeFetched,
            DownlinkCodec::decodeValues,
            DownlinkCodec::decodeState);
    for (int round = 0; round < 2_000; round++) {
      int which = random.nextInt(frames.size());
      byte[] frame = frames.get(which);
      byte[] body = Arrays.copyOf(frame, frame.length - 4);
      for (int hits = 1 + random.nextInt(4); hits > 0; hits--) {
        body[3 + random.nextInt(body.length - 3)] = (byte) random.nextInt();
      }
      var writer = new FrameWriter();
      for (byte b : body) {
        writer.u8(b);
      }
      try {
        decoders.get(which).decode(writer.sealed());
      } catch (MalformedUplinkException _) {
        // The only failure that is allowed.
      } catch (RuntimeException e) {
        throw new AssertionError(seed + " round " + round, e);
      }
    }
  }

  @Test
  void framesThatAreCutAreRefused() {
    byte[] frame = DownlinkCodec.encode(COMMAND);
    for (int length = 0; length < frame.length; length++) {
      byte[] cut = Arrays.copyOf(frame, length);
      assertThatThrownBy(() -> DownlinkCodec.decodeCommand(cut))
          .isInstanceOf(MalformedUplinkException.class);
    }
  }

  @Test
  void onlyMessagesOfGatewaysAreTakenForSuch() {
    assertThat(DownlinkCodec.inbound(DownlinkCodec.encode(RESULT)))
        .contains(DownlinkCodec.Inbound.RESULT);
    assertThat(DownlinkCodec.inbound(DownlinkCodec.encode(COMMAND))).isEmpty();
    assertThat(DownlinkCodec.inbound(UplinkCodec.encode(BATCH, true))).isEmpty();
    assertThat(DownlinkCodec.inbound(new byte[0])).isEmpty();
  }

  @Test
  void commandsAndResultsAreReadFromTheHubAsTheyWereWritten() throws Exception {
    var command =
        new CommandRecord(
            "c-2",
            "gw-1",
            "",
            CommandKind.REFETCH,
            false,
            1,
            2,
            false,
            new byte[] {(byte) 0xff},
            Optional.of(new CommandRecord.Fetch(-7, PARTITION, FETCH.from(), FETCH.to())));

    CommandRecord read = CommandRecord.parse(command.toBytes(), 1);

    assertThat(read).usingRecursiveComparison().isEqualTo(command);
    assertThatThrownBy(() -> CommandRecord.parse(utf8("{}"), 1))
        .isInstanceOf(MalformedUplinkException.class);
    assertThatThrownBy(() -> CommandRecord.parse(utf8("{\"id\":\"a b\",\"gateway\":\"g\"}"), 1))
        .hasMessageContaining("'a b' cannot be a command's id");
    assertThatThrownBy(() ->
            CommandRecord.parse(utf8("{\"id\":\"a\",\"gateway\":\"g\",\"kind\":\"refetch\"}"), 1))
        .isInstanceOf(MalformedUplinkException.class);
    var result =
        new ResultRecord(
            "c-2",
            "gw-1",
            "",
            CommandKind.REFETCH,
            CommandOutcome.PROGRESS,
            "",
            null,
            Optional.of(new ResultRecord.Progress(1, 2, 3, 4)));
    assertThat(ResultRecord.parse(result.toBytes()))
        .hasValueSatisfying(
            found -> assertThat(found).usingRecursiveComparison().isEqualTo(result));
    assertThat(ResultRecord.parse(utf8("[]"))).isEmpty();
  }
}
