package io.headwater.edge.route;

import java.time.Duration;
import java.util.Optional;

/**
 * How a route tells that a publish has come before: by an identifier in it. One of the two places
 * is given.
 *
 * @param property name of an MQTT 5 user property
 * @param json a JSON pointer (RFC 6901) into the payload, {@code /meta/id}; a string or a number
 * @param window how long an identifier is known, of the agent's running time: 1 s to 7 days
 */
public record Dedupe(Optional<String> property, Optional<String> json, Duration window) {
  public Dedupe {
    if (property.isPresent() == json.isPresent()) {
      throw new IllegalArgumentException(
          "dedupe needs either 'property', an MQTT user property, or 'json', a pointer into the"
              + " payload");
    }
    if (property.isPresent() && property.get().isEmpty()) {
      throw new IllegalArgumentException("dedupe: property is empty");
    }
    json.ifPresent(JsonPointerReader::new); // throws if it is none
    if (window.toMillis() < 1000 || window.compareTo(Duration.ofDays(7)) > 0) {
      throw new IllegalArgumentException(
          "dedupe: window " + window.toMillis() + "ms is not 1s to 7d");
    }
  }

  /** Reads the identifier out of a payload; empty if it stands in a property. */
  public Optional<JsonPointerReader> pointer() {
    return json.map(JsonPointerReader::new);
  }

  /** In words. */
  public String text() {
    return "by "
        + property.map(name -> "user property '" + name + "'").orElse("")
        + json.map(pointer -> "JSON '" + pointer + "'").orElse("")
        + " of the same client, for "
        + window.toSeconds()
        + " s";
  }
}
