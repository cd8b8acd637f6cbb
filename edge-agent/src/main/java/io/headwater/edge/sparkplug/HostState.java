package io.headwater.edge.sparkplug;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;

/**
 * Whether the primary host is online, as its STATE messages say (Sparkplug 3.0, section 5.4). An
 * older word than the last one of the connection does not count. Confined to the node's thread.
 */
final class HostState {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  /** What a message is. */
  enum Word {
    COUNTS,
    /** Online, but older than the last one: the host's clock may have been set back. */
    OLD_ONLINE,
    NONE
  }

  private boolean isOnline;
  private long timestamp = Long.MIN_VALUE;

  boolean isOnline() {
    return isOnline;
  }

  /** A new connection: the retained word comes again, and is the newest that its broker has. */
  void forget() {
    isOnline = false;
    timestamp = Long.MIN_VALUE;
  }

  Word take(byte[] payload) {
    JsonNode json;
    try {
      json = JSON.readTree(new String(payload, StandardCharsets.UTF_8));
    } catch (JsonProcessingException _) {
      return Word.NONE;
    }
    if (!json.path("online").isBoolean()
        || !json.path("timestamp").canConvertToLong()
        || !json.path("timestamp").isIntegralNumber()) {
      return Word.NONE;
    }
    boolean online = json.path("online").asBoolean();
    long when = json.path("timestamp").asLong();
    if (when < timestamp) {
      return online ? Word.OLD_ONLINE : Word.NONE;
    }
    timestamp = when;
    isOnline = online;
    return Word.COUNTS;
  }
}
