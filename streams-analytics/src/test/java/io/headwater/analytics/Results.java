package io.headwater.analytics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;

/** Results as tests read them. */
final class Results {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** One result with all aggregates. */
  record Result(
      String query,
      String key,
      Instant start,
      Instant end,
      long count,
      double min,
      double max,
      double mean) {}

  private Results() {}

  static Result parse(String text) {
    try {
      JsonNode json = JSON.readTree(text);
      return new Result(
          json.required("query").textValue(),
          json.required("key").textValue(),
          Instant.parse(json.required("start").textValue()),
          Instant.parse(json.required("end").textValue()),
          json.required("count").longValue(),
          json.required("min").doubleValue(),
          json.required("max").doubleValue(),
          json.required("mean").doubleValue());
    } catch (JsonProcessingException e) {
      throw new AssertionError(text, e);
    }
  }
}
