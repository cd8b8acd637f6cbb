package io.headwater.edge.sparkplug;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;

/**
 * Whether the primary host is online, as its STATE messages say (Sparkplug 3.0, section 5.4). An
 * older word than the last one does not count. Confined to the node's thread.
 */
final class HostState {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private boolean isOnline;
  private long timestamp = Long.MIN_VALUE;

  boolean isOnline() {
    return isOnline;
  }

  /** A new connection: the retained word comes again. */
  void forget() {
    isOnline = false;
  }

  /** Takes a message; false if it is none that counts. */
  boolean take(byte[] payload) {
    JsonNode json;
    try {
      json = JSON.readTree(new String(payload, StandardCharsets.UTF_8));
    } catch (JsonProcessingException _) {
      return false;
    }
    if (!json.path("online").isBoolean() || !json.path("timestamp").isIntegralNumber()) {
      return false;
    }
    long when = json.path("timestamp").asLong();
    if (when < timestamp) {
      return false;
    }
    timestamp = when;
    isOnline = json.path("online").asBoolean();
    return true;
  }
}
