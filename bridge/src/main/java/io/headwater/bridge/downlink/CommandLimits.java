package io.headwater.bridge.downlink;

import java.time.Duration;

/**
 * How commands are kept.
 *
 * @param longestExpiry of a command: the retention of the topic that the bridge makes
 */
public record CommandLimits(Duration longestExpiry) {
  public static final CommandLimits DEFAULTS = new CommandLimits(Duration.ofDays(7));

  public CommandLimits {
    if (longestExpiry.compareTo(Duration.ofMinutes(1)) < 0
        || longestExpiry.compareTo(Duration.ofDays(366)) > 0) {
      throw new IllegalArgumentException(
          "commands.longest-expiry " + longestExpiry + " is not between 1m and 366d");
    }
  }
}
