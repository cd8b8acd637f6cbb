package io.headwater.uplink;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A command in the hub: JSON in the topic {@link #TOPIC}, key = gateway, partition = its lane.
 *
 * @param createdMs the record's timestamp
 * @param expiresMs milliseconds since 1970
 * @param force whether it is done although it should rather not be
 * @param fetch what a command of kind {@link CommandKind#REFETCH} wants
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record CommandRecord(
    String id,
    String gateway,
    String device,
    CommandKind kind,
    boolean answerWanted,
    long createdMs,
    long expiresMs,
    boolean force,
    byte[] payload,
    Optional<Fetch> fetch) {
  public static final String TOPIC = "headwater-commands";
  public static final String RESULTS = "headwater-command-results";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A stretch of readings. */
  public record Fetch(
      long epoch, StreamPartition partition, FetchRequest.Place from, FetchRequest.Place to) {}

  /** The record's value. */
  public byte[] toBytes() {
    ObjectNode node =
        JSON.createObjectNode()
            .put("id", id)
            .put("gateway", gateway)
            .put("device", device)
            .put("kind", kind.text())
            .put("expires", expiresMs);
    if (answerWanted) {
      node.put("answer", true);
    }
    if (force) {
      node.put("force", true);
    }
    if (payload.length > 0) {
      putBytes(node, "payload", payload);
    }
    fetch.ifPresent(wanted -> {
      node.put("epoch", Long.toHexString(wanted.epoch()))
          .put("stream", wanted.partition().stream())
          .put("partition", wanted.partition().partition());
      node.set("from", place(wanted.from()));
      node.set("to", place(wanted.to()));
    });
    return node.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static ObjectNode place(FetchRequest.Place place) {
    return JSON.createObjectNode()
        .put(place.unit() == FetchRequest.Unit.TIME ? "time" : "offset", place.value());
  }

  /** As text if it is UTF-8, otherwise as {@code <name>-base64}. */
  static void putBytes(ObjectNode node, String name, byte[] bytes) {
    try {
      node.put(name, StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException _) {
      node.put(name + "-base64", bytes);
    }
  }

  /** The other way. */
  static byte @Nullable [] bytes(JsonNode node, String name) {
    if (node.path(name).isTextual()) {
      return node.path(name).asText().getBytes(StandardCharsets.UTF_8);
    }
    if (node.path(name + "-base64").isTextual()) {
      return Base64.getDecoder().decode(node.path(name + "-base64").asText());
    }
    return null;
  }

  /**
   * Reads a record.
   *
   * @throws MalformedUplinkException if it is no command; the message says why
   */
  public static CommandRecord parse(byte[] value, long timestampMs)
      throws MalformedUplinkException {
    try {
      JsonNode node = JSON.readTree(new String(value, StandardCharsets.UTF_8));
      String gateway = node.path("gateway").asText();
      if (!UplinkTopics.isGateway(gateway)) {
        throw new MalformedUplinkException("'" + gateway + "' cannot be a gateway's name");
      }
      String kindText = node.path("kind").asText("message");
      CommandKind kind =
          CommandKind.parse(kindText)
              .orElseThrow(
                  () -> new IllegalArgumentException("there is no kind '" + kindText + "'"));
      byte[] payload = bytes(node, "payload");
      // Checks id, device and payload.
      var wire =
          new Command(
              gateway,
              node.path("id").asText(),
              node.path("device").asText(),
              kind,
              node.path("answer").asBoolean(),
              timestampMs,
              node.path("expires").asLong(Long.MAX_VALUE),
              payload == null ? new byte[0] : payload);
      return new CommandRecord(
          wire.id(),
          gateway,
          wire.device(),
          kind,
          wire.answerWanted(),
          timestampMs,
          wire.expiresMs(),
          node.path("force").asBoolean(),
          wire.payload(),
          kind == CommandKind.REFETCH ? Optional.of(fetch(node)) : Optional.empty());
    } catch (JsonProcessingException e) {
      throw new MalformedUplinkException("not JSON: " + e.getOriginalMessage());
    } catch (IllegalArgumentException e) {
      throw new MalformedUplinkException(String.valueOf(e.getMessage()));
    }
  }

  private static Fetch fetch(JsonNode node) {
    return new Fetch(
        Long.parseUnsignedLong(node.path("epoch").asText(), 16),
        new StreamPartition(node.path("stream").asText(), node.path("partition").asInt()),
        place(node.path("from")),
        place(node.path("to")));
  }

  private static FetchRequest.Place place(JsonNode node) {
    if (node.path("time").isIntegralNumber()) {
      return FetchRequest.Place.time(node.path("time").asLong());
    }
    if (node.path("offset").isIntegralNumber()) {
      return FetchRequest.Place.offset(node.path("offset").asLong());
    }
    throw new IllegalArgumentException("'from' and 'to' are an offset or a time");
  }
}
