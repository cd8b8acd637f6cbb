package io.headwater.uplink;

import java.util.Locale;
import java.util.Optional;

/** What a command asks for. The ordinals are the wire's. */
public enum CommandKind {
  /** The payload goes to the device, by the agent's own MQTT listener. */
  MESSAGE,
  /** The agent answers at once. */
  PING,
  /** The agent tells how it is. */
  STATUS,
  /** The bridge fetches readings again; the agent gets {@link FetchRequest}s for it. */
  REFETCH,
  /** The bridge forgets the gateway's cursors; nothing is sent to it. */
  FORGET;

  /** As in the hub's records. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<CommandKind> parse(String text) {
    for (CommandKind kind : values()) {
      if (kind.text().equals(text)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }
}
