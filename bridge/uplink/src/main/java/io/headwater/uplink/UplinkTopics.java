package io.headwater.uplink;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/** The MQTT topics of uplink v1, and the lane of a gateway. */
public final class UplinkTopics {
  /** A constant of v1. */
  public static final int LANES = 64;

  private static final String ROOT = "headwater/v1/";
  private static final Pattern GATEWAY = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** What travels on a topic of a lane. */
  public enum Kind {
    UP,
    STATE,
    STATUS;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A topic that a bridge receives on. */
  public record Inbound(Kind kind, int lane, String gateway) {}

  private UplinkTopics() {}

  /** Whether the name may be a gateway's: 1 to 64 of letters, digits, dot, underscore, hyphen. */
  public static boolean isGateway(String name) {
    return GATEWAY.matcher(name).matches();
  }

  /** The gateway's lane, 0 to 63: CRC-32C of its name in UTF-8, modulo 64. */
  public static int lane(String gateway) {
    var crc = new CRC32C();
    crc.update(gateway.getBytes(StandardCharsets.UTF_8));
    return (int) (crc.getValue() % LANES);
  }

  public static String up(String gateway) {
    return inbound(Kind.UP, gateway);
  }

  public static String state(String gateway) {
    return inbound(Kind.STATE, gateway);
  }

  public static String status(String gateway) {
    return inbound(Kind.STATUS, gateway);
  }

  private static String inbound(Kind kind, String gateway) {
    return ROOT + kind.text() + "/" + hex(lane(gateway)) + "/" + gateway;
  }

  /** Answers to a gateway. */
  public static String ack(String gateway) {
    return ROOT + "ack/" + gateway;
  }

  /** What travels down to a gateway besides answers. */
  public enum Down {
    COMMAND,
    FETCH,
    VALUES;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Where it travels. */
  public static String down(Down kind, String gateway) {
    return ROOT + "down/" + gateway + "/" + kind.text();
  }

  /** All that comes down to a gateway besides answers. */
  public static String downFilter(String gateway) {
    return ROOT + "down/" + gateway + "/#";
  }

  /** What a bridge subscribes to for a lane. */
  public static String laneFilter(Kind kind, int lane) {
    return ROOT + kind.text() + "/" + hex(lane) + "/+";
  }

  /**
   * Reads a topic that a bridge received on; empty if it is none, or its lane is not its name's.
   */
  public static Optional<Inbound> parse(String topic) {
    String[] levels = topic.split("/", -1);
    if (levels.length != 5 || !topic.startsWith(ROOT) || !isGateway(levels[4])) {
      return Optional.empty();
    }
    for (Kind kind : Kind.values()) {
      int lane = lane(levels[4]);
      if (kind.text().equals(levels[2]) && hex(lane).equals(levels[3])) {
        return Optional.of(new Inbound(kind, lane, levels[4]));
      }
    }
    return Optional.empty();
  }

  private static String hex(int lane) {
    return String.format("%02x", lane);
  }
}
