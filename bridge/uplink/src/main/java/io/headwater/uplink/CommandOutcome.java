package io.headwater.uplink;

import java.util.Locale;
import java.util.Optional;

/** What became of a command. The ordinals are the wire's. */
public enum CommandOutcome {
  /** The device has acknowledged it. */
  DELIVERED,
  /** Done, with an answer. */
  ANSWERED,
  /** It cannot be done; the detail says why. */
  REFUSED,
  /** Not done by its expiry. */
  EXPIRED,
  /** It was handed to the device, but whether the device has it is not known; not repeated. */
  UNKNOWN,
  /** Under way: more will be told. Only in the hub. */
  PROGRESS;

  /** As in the hub's records. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether nothing follows. */
  public boolean isFinal() {
    return this != PROGRESS;
  }

  static Optional<CommandOutcome> parse(String text) {
    for (CommandOutcome outcome : values()) {
      if (outcome.text().equals(text)) {
        return Optional.of(outcome);
      }
    }
    return Optional.empty();
  }
}
