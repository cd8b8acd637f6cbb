package io.headwater.analytics.decode;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** How payloads of a topic are written. */
public sealed interface PayloadFormat {
  /** JSON (RFC 8259) of any shape; a bare number is JSON, too. */
  record Json() implements PayloadFormat {}

  /** A decimal number as text, blanks around it allowed. */
  record Decimal() implements PayloadFormat {}

  /**
   * One line of separated values (RFC 4180); it becomes an object of the columns.
   *
   * @param columns their names in order; a payload may have fewer, not more
   */
  record Csv(List<String> columns, char separator) implements PayloadFormat {
    public Csv {
      columns = List.copyOf(columns);
    }
  }

  /** Reads payloads. Thread-safe. */
  interface Decoder {
    /**
     * @throws Undecodable with the cause
     */
    JsonNode decode(byte[] payload) throws Undecodable;
  }

  default Decoder decoder() {
    return switch (this) {
      case Json _ -> new JsonDecoder();
      case Decimal _ -> new NumberDecoder();
      case Csv csv -> new CsvDecoder(csv);
    };
  }
}
