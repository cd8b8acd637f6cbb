package io.headwater.uplink;

import java.util.ArrayList;
import java.util.Optional;

/**
 * Frames of uplink v1 about commands, values and refetched readings; the layout is in {@code
 * docs/uplink-v1.md}. Stateless.
 *
 * <p>Decoding throws {@link MalformedUplinkException} for whatever is wrong, and nothing else.
 */
public final class DownlinkCodec {
  private static final int COMMAND = 5;
  private static final int COMMAND_RESULT = 6;
  private static final int FETCH_REQUEST = 7;
  private static final int FETCHED = 8;
  private static final int VALUES = 9;
  private static final int DOWN_STATE = 10;
  private static final int TYPE_AT = 2;

  /** A message of a gateway that is about commands, values or refetched readings. */
  public enum Inbound {
    RESULT,
    FETCHED,
    STATE
  }

  private DownlinkCodec() {}

  /** Tells such a message from a batch or a state request, by its type only. */
  public static Optional<Inbound> inbound(byte[] frame) {
    int type = frame.length > TYPE_AT ? frame[TYPE_AT] : 0;
    return switch (type) {
      case COMMAND_RESULT -> Optional.of(Inbound.RESULT);
      case FETCHED -> Optional.of(Inbound.FETCHED);
      case DOWN_STATE -> Optional.of(Inbound.STATE);
      default -> Optional.empty();
    };
  }

  public static byte[] encode(Command command) {
    return UplinkCodec.begin(COMMAND, command.gateway())
        .text(command.id())
        .text(command.device())
        .constant(command.kind())
        .u8(command.answerWanted() ? 1 : 0)
        .i64(command.sentMs())
        .i64(command.expiresMs())
        .bytes(command.payload())
        .sealed();
  }

  public static Command decodeCommand(byte[] frame) throws MalformedUplinkException {
    FrameReader in = UplinkCodec.open(frame, COMMAND);
    String gateway = UplinkCodec.gateway(in);
    String id = in.text();
    String device = in.text();
    CommandKind kind = in.constant(CommandKind.values());
    boolean answerWanted = in.u8() != 0;
    long sent = in.i64();
    long expires = in.i64();
    byte[] payload = in.bytes();
    in.end();
    try {
      return new Command(
          gateway,
          id,
          device,
          kind,
          answerWanted,
          sent,
          expires,
          payload == null ? new byte[0] : payload);
    } catch (IllegalArgumentException e) {
      throw new MalformedUplinkException(String.valueOf(e.getMessage()));
    }
  }

  public static byte[] encode(CommandResult result) {
    return UplinkCodec.begin(COMMAND_RESULT, result.gateway())
        .text(result.id())
        .constant(result.outcome())
        .text(result.detail())
        .bytes(result.answer())
        .sealed();
  }

  public static CommandResult decodeResult(byte[] frame) throws MalformedUplinkException {
    FrameReader in = UplinkCodec.open(frame, COMMAND_RESULT);
    var result =
        new CommandResult(
            UplinkCodec.gateway(in),
            in.text(),
            in.constant(CommandOutcome.values()),
            in.text(),
            in.bytes());
    in.end();
    if (!result.outcome().isFinal()) {
      throw new MalformedUplinkException("a result that is none");
    }
    return result;
  }

  public static byte[] encode(FetchRequest request) {
    FrameWriter out =
        UplinkCodec.begin(FETCH_REQUEST, request.gateway()).text(request.id()).i64(request.epoch());
    UplinkCodec.write(out, request.partition());
    return out.constant(request.from().unit())
        .i64(request.from().value())
        .constant(request.to().unit())
        .i64(request.to().value())
        .sealed();
  }

  public static FetchRequest decodeFetchRequest(byte[] frame) throws MalformedUplinkException {
    FrameReader in = UplinkCodec.open(frame, FETCH_REQUEST);
    try {
      var request =
          new FetchRequest(
              UplinkCodec.gateway(in),
              in.text(),
              in.i64(),
              UplinkCodec.partition(in),
              place(in),
              place(in));
      in.end();
      return request;
    } catch (IllegalArgumentException e) {
      throw new MalformedUplinkException(String.valueOf(e.getMessage()));
    }
  }

  private static FetchRequest.Place place(FrameReader in) throws MalformedUplinkException {
    return new FetchRequest.Place(in.constant(FetchRequest.Unit.values()), in.i64());
  }

  public static byte[] encode(Fetched fetched) {
    return UplinkCodec.begin(FETCHED, fetched.gateway())
        .text(fetched.id())
        .text(fetched.refusal())
        .i64(fetched.first())
        .i64(fetched.end())
        .bytes(fetched.batch().map(batch -> UplinkCodec.encode(batch, true)).orElse(null))
        .sealed();
  }

  public static Fetched decodeFetched(byte[] frame) throws MalformedUplinkException {
    FrameReader in = UplinkCodec.open(frame, FETCHED);
    String gateway = UplinkCodec.gateway(in);
    String id = in.text();
    String refusal = in.text();
    long first = in.i64();
    long end = in.i64();
    byte[] batch = in.bytes();
    in.end();
    try {
      return new Fetched(
          gateway,
          id,
          refusal,
          first,
          end,
          batch == null ? Optional.empty() : Optional.of(UplinkCodec.decodeBatch(batch)));
    } catch (IllegalArgumentException e) {
      throw new MalformedUplinkException(String.valueOf(e.getMessage()));
    }
  }

  public static byte[] encode(Values values) {
    FrameWriter out =
        UplinkCodec.begin(VALUES, values.gateway())
            .i64(values.sync())
            .i32(values.index())
            .i32(values.parts())
            .i32(values.values().size());
    values.values().forEach(value -> out.text(value.topic()).bytes(value.value()));
    return out.sealed();
  }

  public static Values decodeValues(byte[] frame) throws MalformedUplinkException {
    FrameReader in = UplinkCodec.open(frame, VALUES);
    String gateway = UplinkCodec.gateway(in);
    long sync = in.i64();
    int index = in.i32();
    int parts = in.i32();
    int count = in.count(Short.BYTES + Integer.BYTES);
    var values = new ArrayList<Values.Value>();
    for (int i = 0; i < count; i++) {
      values.add(new Values.Value(in.text(), in.bytes()));
    }
    in.end();
    try {
      return new Values(gateway, sync, index, parts, values);
    } catch (IllegalArgumentException e) {
      throw new MalformedUplinkException(String.valueOf(e.getMessage()));
    }
  }

  public static byte[] encode(DownState state) {
    return UplinkCodec.begin(DOWN_STATE, state.gateway())
        .i32(state.count())
        .i64(state.digest())
        .sealed();
  }

  public static DownState decodeState(byte[] frame) throws MalformedUplinkException {
    FrameReader in = UplinkCodec.open(frame, DOWN_STATE);
    var state = new DownState(UplinkCodec.gateway(in), in.i32(), in.i64());
    in.end();
    return state;
  }
}
