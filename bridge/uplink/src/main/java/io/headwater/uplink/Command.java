package io.headwater.uplink;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A bridge tells a gateway to do something.
 *
 * @param id of the command; the same in each repeat
 * @param device whose it is; empty for the gateway itself
 * @param answerWanted whether the device's own answer is waited for
 * @param sentMs the bridge's clock now, milliseconds since 1970
 * @param expiresMs by the bridge's clock; what is left of it counts, not the gateway's clock
 */
@SuppressWarnings("ArrayRecordComponent") // equals compares contents; nobody writes into them
public record Command(
    String gateway,
    String id,
    String device,
    CommandKind kind,
    boolean answerWanted,
    long sentMs,
    long expiresMs,
    byte[] payload) {
  /** Of an id. */
  public static final int LONGEST_ID = 64;

  /** Of a payload: it must fit into a packet of the agent's listener. */
  public static final int LARGEST_PAYLOAD = 128 << 10;

  public Command {
    if (!isId(id)) {
      throw new IllegalArgumentException("'" + id + "' cannot be a command's id");
    }
    if (!isDevice(device)) {
      throw new IllegalArgumentException("'" + device + "' cannot be a device's name");
    }
    if (payload.length > LARGEST_PAYLOAD) {
      throw new IllegalArgumentException(
          "payload of " + payload.length + " bytes > max " + LARGEST_PAYLOAD);
    }
  }

  /** 1 to 64 characters without white space. */
  public static boolean isId(String id) {
    return !id.isEmpty()
        && id.length() <= LONGEST_ID
        && id.chars().noneMatch(c -> Character.isWhitespace(c) || Character.isISOControl(c));
  }

  /** What may stand as one level or several of an MQTT topic; empty is the gateway itself. */
  public static boolean isDevice(String device) {
    return device.length() <= 128
        && device.chars().noneMatch(c -> c == '+' || c == '#' || Character.isISOControl(c));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Command that
        && gateway.equals(that.gateway)
        && id.equals(that.id)
        && device.equals(that.device)
        && kind == that.kind
        && answerWanted == that.answerWanted
        && sentMs == that.sentMs
        && expiresMs == that.expiresMs
        && Arrays.equals(payload, that.payload);
  }

  @Override
  public int hashCode() {
    return Objects.hash(gateway, id, device, kind, sentMs, expiresMs, Arrays.hashCode(payload));
  }
}
