package io.headwater.analytics.decode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import java.nio.charset.StandardCharsets;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

final class NumberDecoder implements PayloadFormat.Decoder {
  /** Not all that Java takes: it also reads 1d, 0x1p3 and NaN. */
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?(?:\\d{1,400}(?:\\.\\d{0,400})?|\\.\\d{1,400})(?:[eE][+-]?\\d{1,4})?");

  private static final int MAX_BYTES = 1_000;

  @Override
  public JsonNode decode(byte[] payload) throws Undecodable {
    if (payload.length <= MAX_BYTES) {
      OptionalDouble number = parse(new String(payload, StandardCharsets.UTF_8));
      if (number.isPresent()) {
        return DoubleNode.valueOf(number.getAsDouble());
      }
    }
    throw new Undecodable(
        Undecodable.Reason.NO_NUMBER, "the payload is not a finite decimal number");
  }

  /** The finite decimal number that the text is, if it is one. */
  static OptionalDouble parse(String text) {
    String stripped = text.strip();
    if (!DECIMAL.matcher(stripped).matches()) {
      return OptionalDouble.empty();
    }
    double number = Double.parseDouble(stripped);
    return Double.isFinite(number) ? OptionalDouble.of(number) : OptionalDouble.empty();
  }
}
