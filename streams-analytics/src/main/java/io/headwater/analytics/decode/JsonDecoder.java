package io.headwater.analytics.decode;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

final class JsonDecoder implements PayloadFormat.Decoder {
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(JsonNode.class);

  @Override
  public JsonNode decode(byte[] payload) throws Undecodable {
    try {
      return JSON.readTree(payload);
    } catch (JacksonException e) {
      throw new Undecodable(
          Undecodable.Reason.NOT_JSON, "the payload is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new AssertionError("reading from memory failed", e);
    }
  }
}
