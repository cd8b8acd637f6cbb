package io.headwater.uplink;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Frames of uplink v1; the layout is in {@code docs/uplink-v1.md}. Stateless.
 *
 * <p>Decoding throws {@link MalformedUplinkException} for whatever is wrong, and nothing else.
 */
public final class UplinkCodec {
  /** The records of one batch, uncompressed. */
  public static final int LARGEST_BLOCK = 8 << 20;

  private static final int MAGIC = 0x48; // 'H'
  private static final int VERSION = 1;
  private static final int BATCH = 1;
  private static final int STATE_REQUEST = 2;
  private static final int ANSWER = 3;
  private static final int STATUS = 4;
  private static final int DEVICES = 11;
  private static final int PLAIN = 0;
  private static final int ZSTD = 1;
  private static final int ZSTD_LEVEL = 3;

  private UplinkCodec() {}

  static FrameWriter begin(int type, String gateway) {
    return new FrameWriter().u8(MAGIC).u8(VERSION).u8(type).text(gateway);
  }

  static FrameReader open(byte[] frame, int type) throws MalformedUplinkException {
    FrameReader in = FrameReader.sealed(frame);
    if (in.u8() != MAGIC) {
      throw new MalformedUplinkException("not a frame of the uplink");
    }
    int version = in.u8();
    if (version != VERSION) {
      throw new MalformedUplinkException("version " + version + " is not spoken here", true);
    }
    int found = in.u8();
    if (found != type) {
      throw new MalformedUplinkException("message type " + found + " where " + type + " is due");
    }
    return in;
  }

  static String gateway(FrameReader in) throws MalformedUplinkException {
    String gateway = in.text();
    if (!UplinkTopics.isGateway(gateway)) {
      throw new MalformedUplinkException("'" + gateway + "' cannot be a gateway's name");
    }
    return gateway;
  }

  static void write(FrameWriter out, StreamPartition partition) {
    out.text(partition.stream()).i32(partition.partition());
  }

  static StreamPartition partition(FrameReader in) throws MalformedUplinkException {
    String stream = in.text();
    int partition = in.i32();
    if (partition < 0) {
      throw new MalformedUplinkException("partition " + partition);
    }
    return new StreamPartition(stream, partition);
  }

  /**
   * Encodes a batch.
   *
   * @param compressed whether the records go as zstd
   */
  public static byte[] encode(Batch batch, boolean compressed) {
    byte[] block = encodeBlock(batch);
    FrameWriter out = begin(BATCH, batch.gateway()).i64(batch.epoch()).i64(batch.incarnation());
    write(out, batch.partition());
    out.constant(batch.track())
        .i64(batch.firstOffset())
        .i64(batch.nextOffset())
        .i32(batch.records().size())
        .i32(batch.gaps().size())
        .u8(compressed ? ZSTD : PLAIN)
        .i32(block.length)
        .bytes(compressed ? Zstd.compress(block, ZSTD_LEVEL) : block);
    return out.sealed();
  }

  private static byte[] encodeBlock(Batch batch) {
    var out = new FrameWriter();
    for (UplinkRecord record : batch.records()) {
      out.i32((int) (record.offset() - batch.firstOffset()))
          .i64(record.capturedMs())
          .constant(record.clock())
          .bytes(record.key())
          .bytes(record.value())
          .text(record.mqttTopic())
          .text(record.mqttClient());
    }
    for (Gap gap : batch.gaps()) {
      out.i64(gap.firstOffset())
          .i64(gap.nextOffset())
          .constant(gap.reason())
          .i64(gap.kept())
          .i64(gap.total());
    }
    byte[] block = out.toBytes();
    if (block.length > LARGEST_BLOCK) {
      throw new IllegalArgumentException(
          "batch of " + block.length + " bytes > max " + LARGEST_BLOCK);
    }
    return block;
  }

  public static Batch decodeBatch(byte[] frame) throws MalformedUplinkException {
    FrameReader in = open(frame, BATCH);
    String gateway = gateway(in);
    long epoch = in.i64();
    long incarnation = in.i64();
    StreamPartition partition = partition(in);
    Track track = in.constant(Track.values());
    long firstOffset = in.i64();
    long nextOffset = in.i64();
    int recordCount = in.i32();
    int gapCount = in.i32();
    int codec = in.u8();
    int blockLength = in.i32();
    byte[] stored = in.bytes();
    in.end();
    if (stored == null || blockLength < 0 || blockLength > LARGEST_BLOCK) {
      throw new MalformedUplinkException("block of " + blockLength + " bytes");
    }
    var block = new FrameReader(ByteBuffer.wrap(unpack(codec, stored, blockLength)));
    try {
      List<UplinkRecord> records = records(block, recordCount, firstOffset, blockLength);
      List<Gap> gaps = gaps(block, gapCount, blockLength);
      block.end();
      return new Batch(
          gateway, epoch, incarnation, partition, track, firstOffset, nextOffset, records, gaps);
    } catch (IllegalArgumentException e) {
      throw new MalformedUplinkException(String.valueOf(e.getMessage()));
    }
  }

  /**
   * What a frame says of itself without looking at its records or its checksum.
   *
   * @return empty if it does not even look like a batch
   */
  public static Optional<BatchHeader> header(byte[] frame) {
    FrameReader in = FrameReader.unchecked(frame);
    try {
      if (in.u8() != MAGIC) {
        return Optional.empty();
      }
      int version = in.u8();
      if (in.u8() != BATCH) {
        return Optional.empty();
      }
      String gateway = gateway(in);
      long epoch = in.i64();
      if (version != VERSION) {
        return Optional.of(
            new BatchHeader(version, gateway, epoch, new StreamPartition("", 0), 0, 0, 0));
      }
      in.i64();
      StreamPartition partition = partition(in);
      in.u8();
      long firstOffset = in.i64();
      long nextOffset = in.i64();
      in.i32();
      in.i32();
      in.u8();
      return Optional.of(
          new BatchHeader(version, gateway, epoch, partition, firstOffset, nextOffset, in.i32()));
    } catch (MalformedUplinkException _) {
      return Optional.empty();
    }
  }

  private static byte[] unpack(int codec, byte[] stored, int length)
      throws MalformedUplinkException {
    switch (codec) {
      case PLAIN -> {
        if (stored.length != length) {
          throw new MalformedUplinkException(
              "block of " + stored.length + " bytes where " + length + " are due");
        }
        return stored;
      }
      case ZSTD -> {
        try {
          byte[] block = new byte[length];
          long unpacked = Zstd.decompress(block, stored);
          if (unpacked != length) {
            throw new MalformedUplinkException(
                "block unpacks to " + unpacked + " bytes where " + length + " are due");
          }
          return block;
        } catch (ZstdException e) {
          throw new MalformedUplinkException("block does not unpack: " + e.getMessage());
        }
      }
      default -> throw new MalformedUplinkException("unknown codec " + codec);
    }
  }

  private static List<UplinkRecord> records(
      FrameReader in, int count, long firstOffset, int blockLength)
      throws MalformedUplinkException {
    checkCount(count, blockLength);
    var records = new ArrayList<UplinkRecord>(count);
    for (int i = 0; i < count; i++) {
      long offset = firstOffset + in.i32();
      long captured = in.i64();
      ClockQuality clock = in.constant(ClockQuality.values());
      byte[] key = in.bytes();
      byte[] value = in.bytes();
      if (value == null) {
        throw new MalformedUplinkException("record without a value");
      }
      records.add(new UplinkRecord(offset, captured, clock, key, value, in.text(), in.text()));
    }
    return records;
  }

  private static List<Gap> gaps(FrameReader in, int count, int blockLength)
      throws MalformedUplinkException {
    checkCount(count, blockLength);
    var gaps = new ArrayList<Gap>(count);
    for (int i = 0; i < count; i++) {
      gaps.add(new Gap(in.i64(), in.i64(), in.constant(GapReason.values()), in.i64(), in.i64()));
    }
    return gaps;
  }

  private static void checkCount(int count, int blockLength) throws MalformedUplinkException {
    if (count < 0 || count > blockLength) {
      throw new MalformedUplinkException("count " + count + " in " + blockLength + " bytes");
    }
  }

  public static byte[] encode(StateRequest request) {
    FrameWriter out =
        begin(STATE_REQUEST, request.gateway()).i64(request.epoch()).text(request.agentVersion());
    out.i32(request.incarnations().size());
    for (Incarnation incarnation : request.incarnations()) {
      out.i64(incarnation.id()).i32(incarnation.firstOffsets().size());
      incarnation.firstOffsets().entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(entry -> {
            write(out, entry.getKey());
            out.i64(entry.getValue());
          });
    }
    if (!request.streams().isEmpty()) {
      out.i32(request.streams().size());
      for (StreamDeclaration stream : request.streams()) {
        out.text(stream.stream())
            .i32(stream.partitions())
            .i64(stream.retentionMs())
            .text(stream.compression());
      }
    }
    return out.sealed();
  }

  public static StateRequest decodeStateRequest(byte[] frame) throws MalformedUplinkException {
    FrameReader in = open(frame, STATE_REQUEST);
    String gateway = gateway(in);
    long epoch = in.i64();
    String agentVersion = in.text();
    int count = in.count(Long.BYTES + Integer.BYTES);
    if (count > StateRequest.MOST_INCARNATIONS) {
      throw new MalformedUplinkException(
          count + " incarnations > max " + StateRequest.MOST_INCARNATIONS);
    }
    var incarnations = new ArrayList<Incarnation>();
    for (int i = 0; i < count; i++) {
      long id = in.i64();
      int partitions = in.count(Short.BYTES + Integer.BYTES + Long.BYTES);
      var firstOffsets = new HashMap<StreamPartition, Long>();
      for (int j = 0; j < partitions; j++) {
        firstOffsets.put(partition(in), in.i64());
      }
      incarnations.add(new Incarnation(id, firstOffsets));
    }
    List<StreamDeclaration> streams = in.hasMore() ? declarations(in) : List.of();
    in.end();
    return new StateRequest(gateway, epoch, incarnations, agentVersion, streams);
  }

  private static List<StreamDeclaration> declarations(FrameReader in)
      throws MalformedUplinkException {
    int count = in.count(2 * Short.BYTES + Integer.BYTES + Long.BYTES);
    var streams = new ArrayList<StreamDeclaration>();
    for (int i = 0; i < count; i++) {
      streams.add(new StreamDeclaration(in.text(), in.i32(), in.i64(), in.text()));
    }
    return streams;
  }

  public static byte[] encode(Answer answer) {
    FrameWriter out =
        begin(ANSWER, answer.gateway())
            .i64(answer.epoch())
            .constant(answer.verdict())
            .i32(answer.credit().batches())
            .i64(answer.credit().bytes())
            .i64(answer.bridgeClockMs())
            .i32(answer.settled().size());
    for (Settled settled : answer.settled()) {
      write(out, settled.partition());
      out.i32(settled.ranges().ranges().size());
      for (OffsetRanges.Range range : settled.ranges().ranges()) {
        out.i64(range.from()).i64(range.to());
      }
    }
    out.i32(answer.rejects().size());
    for (Reject reject : answer.rejects()) {
      write(out, reject.partition());
      out.i64(reject.firstOffset())
          .i64(reject.nextOffset())
          .constant(reject.reason())
          .text(reject.detail());
    }
    return out.sealed();
  }

  public static Answer decodeAnswer(byte[] frame) throws MalformedUplinkException {
    FrameReader in = open(frame, ANSWER);
    String gateway = gateway(in);
    long epoch = in.i64();
    Answer.Verdict verdict = in.constant(Answer.Verdict.values());
    var credit = new Credit(in.i32(), in.i64());
    long clock = in.i64();
    int settledCount = in.count(Short.BYTES + Integer.BYTES + Integer.BYTES);
    var settled = new ArrayList<Settled>();
    for (int i = 0; i < settledCount; i++) {
      settled.add(new Settled(partition(in), ranges(in)));
    }
    int rejectCount = in.count(Short.BYTES + Integer.BYTES + 2 * Long.BYTES + 1);
    var rejects = new ArrayList<Reject>();
    for (int i = 0; i < rejectCount; i++) {
      rejects.add(
          new Reject(
              partition(in), in.i64(), in.i64(), in.constant(RejectReason.values()), in.text()));
    }
    in.end();
    return new Answer(gateway, epoch, verdict, settled, credit, clock, rejects);
  }

  private static OffsetRanges ranges(FrameReader in) throws MalformedUplinkException {
    int count = in.count(2 * Long.BYTES);
    var ranges = new ArrayList<OffsetRanges.Range>();
    try {
      for (int i = 0; i < count; i++) {
        ranges.add(new OffsetRanges.Range(in.i64(), in.i64()));
      }
      return new OffsetRanges(ranges);
    } catch (IllegalArgumentException e) {
      throw new MalformedUplinkException(String.valueOf(e.getMessage()));
    }
  }

  public static byte[] encode(GatewayStatus status) {
    FrameWriter out =
        begin(STATUS, status.gateway())
            .u8(status.online() ? 1 : 0)
            .text(status.agentVersion())
            .i64(status.depthRecords())
            .i64(status.oldestCapturedMs())
            .constant(status.clock());
    GatewayStatus.Run run = status.run();
    GatewayStatus.Pace pace = status.pace();
    boolean hasPace = !pace.equals(GatewayStatus.Pace.UNKNOWN);
    if (hasPace || !run.equals(GatewayStatus.Run.UNKNOWN)) {
      out.i64(run.startedMs())
          .i64(run.heartbeatMs())
          .i32(run.devices())
          .i64(run.certificateNotAfterMs());
    }
    if (hasPace) {
      out.i64(pace.drainSeconds()).i64(pace.writtenBytesPerDay());
    }
    return out.sealed();
  }

  /** Takes the earlier forms of the frame, and one that a later version has added to. */
  public static GatewayStatus decodeStatus(byte[] frame) throws MalformedUplinkException {
    FrameReader in = open(frame, STATUS);
    String gateway = gateway(in);
    boolean online = in.u8() != 0;
    String version = in.text();
    long depth = in.i64();
    long oldest = in.i64();
    ClockQuality clock = in.constant(ClockQuality.values());
    GatewayStatus.Run run =
        in.hasMore()
            ? new GatewayStatus.Run(in.i64(), in.i64(), in.i32(), in.i64())
            : GatewayStatus.Run.UNKNOWN;
    GatewayStatus.Pace pace =
        in.hasMore() ? new GatewayStatus.Pace(in.i64(), in.i64()) : GatewayStatus.Pace.UNKNOWN;
    return new GatewayStatus(gateway, online, version, depth, oldest, clock, run, pace);
  }

  public static byte[] encode(DeviceReport report) {
    FrameWriter out =
        begin(DEVICES, report.gateway())
            .i64(report.reportedMs())
            .i32(report.part())
            .i32(report.parts())
            .i32(report.devices().size());
    for (DeviceReport.Entry device : report.devices()) {
      out.text(device.client()).u8(device.online() ? 1 : 0).i64(device.lastSeenMs());
    }
    return out.sealed();
  }

  public static DeviceReport decodeDevices(byte[] frame) throws MalformedUplinkException {
    FrameReader in = open(frame, DEVICES);
    String gateway = gateway(in);
    long reported = in.i64();
    int part = in.i32();
    int parts = in.i32();
    int count = in.count(Short.BYTES + 1 + Long.BYTES);
    var devices = new ArrayList<DeviceReport.Entry>();
    try {
      for (int i = 0; i < count; i++) {
        devices.add(new DeviceReport.Entry(in.text(), in.u8() != 0, in.i64()));
      }
      in.end();
      return new DeviceReport(gateway, reported, part, parts, devices);
    } catch (IllegalArgumentException e) {
      throw new MalformedUplinkException(String.valueOf(e.getMessage()));
    }
  }

  /** Whether a frame on the status topic is a report of devices; its content is not looked at. */
  public static boolean isDeviceReport(byte[] frame) {
    return frame.length > 2 && frame[0] == MAGIC && frame[1] == VERSION && frame[2] == DEVICES;
  }
}
