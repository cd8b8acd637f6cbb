package io.headwater.edge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headwater.edge.log.PrintedRow;
import io.headwater.uplink.UplinkRecord;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows of the log as text. */
final class RowText {
  private static final ObjectMapper JSON = new ObjectMapper();

  private RowText() {}

  /** For people; bytes that are no text are replaced. */
  static String line(PrintedRow row) {
    UplinkRecord record = row.record();
    return "%d %s@%d %s %s %s %s"
        .formatted(
            row.seq(),
            row.partition(),
            record.offset(),
            Instant.ofEpochMilli(record.capturedMs()),
            record.clock().text(),
            record.mqttTopic(),
            new String(record.value(), StandardCharsets.UTF_8));
  }

  /**
   * For programs: nothing is left out or replaced. A key or a value that is no UTF-8 text stands as
   * {@code keyBase64}, {@code valueBase64}.
   */
  static String json(PrintedRow row) {
    UplinkRecord record = row.record();
    var fields = new LinkedHashMap<String, Object>();
    fields.put("seq", row.seq());
    fields.put("stream", row.partition().stream());
    fields.put("partition", row.partition().partition());
    fields.put("offset", record.offset());
    fields.put("captured", record.capturedMs());
    fields.put("clock", record.clock().text());
    fields.put("topic", record.mqttTopic());
    fields.put("client", record.mqttClient());
    byte[] key = record.key();
    put(fields, "key", key == null ? new byte[0] : key);
    put(fields, "value", record.value());
    try {
      return JSON.writeValueAsString(fields);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of texts and numbers is JSON", e);
    }
  }

  private static void put(Map<String, Object> fields, String name, byte[] bytes) {
    String text = text(bytes);
    if (text == null) {
      fields.put(name + "Base64", Base64.getEncoder().encodeToString(bytes));
    } else {
      fields.put(name, text);
    }
  }

  /** Null if it is none. */
  private static @Nullable String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      return null;
    }
  }
}
