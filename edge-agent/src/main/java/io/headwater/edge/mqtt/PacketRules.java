package io.headwater.edge.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttReasonCodes.Disconnect;
import org.jspecify.annotations.Nullable;

/**
 * What MQTT forbids and the decoder lets pass, found in a packet's bytes before it is decoded: bits
 * that must be 0, properties that come twice, in the wrong packet or with a value they cannot have.
 * Confined to the connection's event loop.
 *
 * <p>Source: MQTT 5, sections 2.2.2, 3.1.2 and 3.8.3; MQTT 3.1.1, sections 3.1.2 and 3.8.3.
 */
final class PacketRules {
  private static final int FLAG_WILL = 4;
  private static final int FLAGS_OF_WILL = 0x38;
  private static final int NO_WILL_QOS = 0x18;

  private static final long CONNECT =
      bits(
          MqttProperties.SESSION_EXPIRY_INTERVAL,
          MqttProperties.AUTHENTICATION_METHOD,
          MqttProperties.AUTHENTICATION_DATA,
          MqttProperties.REQUEST_PROBLEM_INFORMATION,
          MqttProperties.REQUEST_RESPONSE_INFORMATION,
          MqttProperties.RECEIVE_MAXIMUM,
          MqttProperties.TOPIC_ALIAS_MAXIMUM,
          MqttProperties.USER_PROPERTY,
          MqttProperties.MAXIMUM_PACKET_SIZE);
  private static final long MESSAGE =
      bits(
          MqttProperties.PAYLOAD_FORMAT_INDICATOR,
          MqttProperties.PUBLICATION_EXPIRY_INTERVAL,
          MqttProperties.CONTENT_TYPE,
          MqttProperties.RESPONSE_TOPIC,
          MqttProperties.CORRELATION_DATA,
          MqttProperties.USER_PROPERTY);
  private static final long WILL = MESSAGE | bits(MqttProperties.WILL_DELAY_INTERVAL);
  private static final long PUBLISH = MESSAGE | bits(MqttProperties.TOPIC_ALIAS);
  private static final long ACKNOWLEDGEMENT =
      bits(MqttProperties.REASON_STRING, MqttProperties.USER_PROPERTY);
  private static final long SUBSCRIBE =
      bits(MqttProperties.SUBSCRIPTION_IDENTIFIER, MqttProperties.USER_PROPERTY);
  private static final long UNSUBSCRIBE = bits(MqttProperties.USER_PROPERTY);
  private static final long DISCONNECT =
      ACKNOWLEDGEMENT | bits(MqttProperties.SESSION_EXPIRY_INTERVAL);

  private boolean v5;

  private static long bits(int... properties) {
    long all = 0;
    for (int each : properties) {
      all |= 1L << each;
    }
    return all;
  }

  /**
   * Looks at one whole packet; its indexes stay as they are.
   *
   * @return a {@link ProtocolViolation} with its code, of MQTT 5 or behind CONNECT; a {@link
   *     CorruptedFrameException} for a CONNECT of an older client, which is answered by nothing;
   *     null if nothing is wrong, or something that the decoder finds itself
   */
  @Nullable Exception check(ByteBuf packet) {
    try {
      new Walk(packet).packet();
      return null;
    } catch (ProtocolViolation | CorruptedFrameException e) {
      return e;
    } catch (IndexOutOfBoundsException _) {
      return null; // shorter than it claims: the decoder says so
    }
  }

  private static ProtocolViolation malformed(String message) {
    return new ProtocolViolation(Disconnect.MALFORMED_PACKET, message);
  }

  private static ProtocolViolation error(String message) {
    return new ProtocolViolation(Disconnect.PROTOCOL_ERROR, message);
  }

  /** One packet, from its first byte on. */
  private final class Walk {
    private final ByteBuf packet;
    private int at;

    Walk(ByteBuf packet) {
      this.packet = packet;
    }

    void packet() throws ProtocolViolation {
      int first = octet();
      number();
      switch (first >> 4) {
        case 1 -> connect();
        case 3 -> {
          skip(two());
          at += (first & 6) == 0 ? 0 : 2;
          properties(PUBLISH);
        }
        case 4, 5, 6, 7 -> {
          at += 3;
          properties(ACKNOWLEDGEMENT);
        }
        case 8 -> subscribe();
        case 10 -> {
          at += 2;
          properties(UNSUBSCRIBE);
        }
        case 14 -> {
          at += 1;
          properties(DISCONNECT);
        }
        default -> {
          // Without a body, or not a client's.
        }
      }
    }

    private void connect() throws ProtocolViolation {
      skip(two());
      int level = octet();
      int flags = octet();
      v5 = level == 5;
      boolean hasWill = (flags & FLAG_WILL) != 0;
      String wrong =
          !hasWill && (flags & FLAGS_OF_WILL) != 0
              ? "bits of a will without a will"
              : (flags & NO_WILL_QOS) == NO_WILL_QOS ? "will QoS 3" : "";
      if (!wrong.isEmpty()) {
        if (v5) {
          throw malformed(wrong);
        }
        throw new CorruptedFrameException(wrong);
      }
      at += 2;
      long seen = properties(CONNECT);
      if ((seen & bits(MqttProperties.AUTHENTICATION_DATA)) != 0
          && (seen & bits(MqttProperties.AUTHENTICATION_METHOD)) == 0) {
        throw error("authentication data without a method");
      }
      if (hasWill) {
        skip(two());
        properties(WILL);
      }
    }

    private void subscribe() throws ProtocolViolation {
      at += 2;
      properties(SUBSCRIBE);
      int reserved = v5 ? 0xC0 : 0xFC;
      while (at < packet.writerIndex()) {
        skip(two());
        if ((octet() & reserved) != 0) {
          throw malformed("reserved bits in the options of a filter");
        }
      }
    }

    /** The properties of an MQTT 5 packet, if it has any; returns which. */
    private long properties(long allowed) throws ProtocolViolation {
      long seen = 0;
      if (!v5 || at >= packet.writerIndex()) {
        return seen;
      }
      int length = number();
      int end = at + length;
      while (at < end) {
        int id = number();
        if (id <= 0 || id >= Long.SIZE) {
          throw malformed("property " + id);
        }
        long bit = 1L << id;
        value(id);
        if ((allowed & bit) == 0) {
          throw malformed("property " + id + " in a packet that has none such");
        }
        if ((seen & bit) != 0 && id != MqttProperties.USER_PROPERTY) {
          throw error("property " + id + " twice");
        }
        seen |= bit;
      }
      return seen;
    }

    private void value(int id) throws ProtocolViolation {
      switch (id) {
        case MqttProperties.PAYLOAD_FORMAT_INDICATOR,
            MqttProperties.REQUEST_PROBLEM_INFORMATION,
            MqttProperties.REQUEST_RESPONSE_INFORMATION ->
            check(id, octet() <= 1);
        case MqttProperties.MAXIMUM_QOS,
            MqttProperties.RETAIN_AVAILABLE,
            MqttProperties.WILDCARD_SUBSCRIPTION_AVAILABLE,
            MqttProperties.SUBSCRIPTION_IDENTIFIER_AVAILABLE,
            MqttProperties.SHARED_SUBSCRIPTION_AVAILABLE ->
            skip(1);
        case MqttProperties.RECEIVE_MAXIMUM -> check(id, two() > 0);
        case MqttProperties.SERVER_KEEP_ALIVE,
            MqttProperties.TOPIC_ALIAS_MAXIMUM,
            MqttProperties.TOPIC_ALIAS ->
            skip(2);
        case MqttProperties.MAXIMUM_PACKET_SIZE -> {
          check(id, packet.getInt(at) != 0);
          skip(4);
        }
        case MqttProperties.PUBLICATION_EXPIRY_INTERVAL,
            MqttProperties.SESSION_EXPIRY_INTERVAL,
            MqttProperties.WILL_DELAY_INTERVAL ->
            skip(4);
        case MqttProperties.SUBSCRIPTION_IDENTIFIER -> check(id, number() > 0);
        case MqttProperties.RESPONSE_TOPIC -> {
          int length = two();
          int start = at;
          skip(length);
          check(
              id,
              packet.indexOf(start, at, (byte) '+') < 0
                  && packet.indexOf(start, at, (byte) '#') < 0);
        }
        case MqttProperties.USER_PROPERTY -> {
          skip(two());
          skip(two());
        }
        case MqttProperties.CONTENT_TYPE,
            MqttProperties.CORRELATION_DATA,
            MqttProperties.ASSIGNED_CLIENT_IDENTIFIER,
            MqttProperties.AUTHENTICATION_METHOD,
            MqttProperties.AUTHENTICATION_DATA,
            MqttProperties.RESPONSE_INFORMATION,
            MqttProperties.SERVER_REFERENCE,
            MqttProperties.REASON_STRING ->
            skip(two());
        default -> throw malformed("property " + id);
      }
    }

    private static void check(int id, boolean holds) throws ProtocolViolation {
      if (!holds) {
        throw error("property " + id + " with a value that it cannot have");
      }
    }

    private int octet() {
      return packet.getUnsignedByte(at++);
    }

    private int two() {
      int value = packet.getUnsignedShort(at);
      at += 2;
      return value;
    }

    private void skip(int length) {
      at += length;
    }

    /** A variable byte integer. */
    private int number() throws ProtocolViolation {
      int value = 0;
      for (int shift = 0; shift < 28; shift += 7) {
        int digit = octet();
        value |= (digit & 0x7F) << shift;
        if (digit < 0x80) {
          return value;
        }
      }
      throw malformed("a number of more than 4 bytes");
    }
  }
}
