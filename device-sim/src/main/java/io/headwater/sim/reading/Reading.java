package io.headwater.sim.reading;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to publish one reading.
 *
 * <p>As payload: {@code
 * {"device":"sim-0007","seq":12,"attempt":1,"due":1764135082123,"value":21.53,"crc":"1a2b3c4d"}};
 * {@code crc} is the CRC-32C, as eight hex digits, of {@code device|seq|attempt|due|value}.
 *
 * @param device the device's name, without characters that JSON escapes
 * @param sequence counts a device's readings, from 1
 * @param attempt counts the times that the reading was published, from 1
 * @param dueMs when the device's schedule asked for the reading, the same in each attempt;
 *     milliseconds since 1970 by the simulator's clock
 * @param value the number as written in the payload
 */
public record Reading(String device, long sequence, int attempt, long dueMs, String value) {
  private static final JsonFactory JSON = new JsonFactory();

  /** What a payload turned out to be. */
  public sealed interface Decoded {
    /** A reading whose checksum fits. */
    record Intact(Reading reading) implements Decoded {}

    /**
     * Names a device, but is damaged.
     *
     * @param device as found; may be damaged itself
     */
    record Corrupt(String device) implements Decoded {}

    /** Not of the simulator: a bare number, another device's JSON, anything. */
    record Foreign() implements Decoded {}
  }

  /** The payload in UTF-8. */
  public byte[] encode() {
    return ("{\"device\":\""
            + device
            + "\",\"seq\":"
            + sequence
            + ",\"attempt\":"
            + attempt
            + ",\"due\":"
            + dueMs
            + ",\"value\":"
            + value
            + ",\"crc\":\""
            + checksum()
            + "\"}")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Reads a payload; never fails. */
  public static Decoded decode(byte[] payload) {
    var fields = new Fields();
    boolean complete;
    try (JsonParser json = JSON.createParser(payload)) {
      complete = fields.read(json);
    } catch (IOException _) {
      complete = false;
    }
    if (complete) {
      Optional<Reading> reading = fields.reading();
      if (reading.isPresent()) {
        return new Decoded.Intact(reading.get());
      }
    }
    String device = fields.device;
    return device != null && (fields.crcSeen || fields.sequenceSeen)
        ? new Decoded.Corrupt(device)
        : new Decoded.Foreign();
  }

  private String checksum() {
    var crc = new CRC32C();
    crc.update(
        (device + "|" + sequence + "|" + attempt + "|" + dueMs + "|" + value)
            .getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().toHexDigits(crc.getValue(), 8);
  }

  private static final class Fields {
    private @Nullable String device;
    private @Nullable String value;
    private @Nullable String crc;
    private long sequence;
    private long attempt;
    private long dueMs;
    private boolean sequenceSeen;
    private boolean crcSeen;

    boolean read(JsonParser json) throws IOException {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken token = json.nextToken();
        if (token == null || token.isStructStart()) {
          json.skipChildren();
          continue;
        }
        switch (name) {
          case "device" -> device = json.getText();
          case "seq" -> {
            sequence = json.getLongValue();
            sequenceSeen = true;
          }
          case "attempt" -> attempt = json.getLongValue();
          case "due" -> dueMs = json.getLongValue();
          case "value" -> value = json.getText();
          case "crc" -> {
            crc = json.getText();
            crcSeen = true;
          }
          default -> {
            // Another device's JSON may hold anything.
          }
        }
      }
      return json.currentToken() == JsonToken.END_OBJECT && json.nextToken() == null;
    }

    Optional<Reading> reading() {
      if (device == null
          || value == null
          || sequence < 1
          || attempt < 1
          || attempt > Integer.MAX_VALUE) {
        return Optional.empty();
      }
      var reading = new Reading(device, sequence, (int) attempt, dueMs, value);
      return reading.checksum().equals(crc) ? Optional.of(reading) : Optional.empty();
    }
  }
}
