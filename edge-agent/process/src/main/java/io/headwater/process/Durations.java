package io.headwater.process;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Durations as users write them: {@code 50ms}, {@code 10s}, {@code 5m}, {@code 24h}, {@code 7d}.
 */
public final class Durations {
  private static final Pattern FORM = Pattern.compile("(\\d{1,15}) ?(ms|s|m|h|d)");

  private Durations() {}

  /** Reads the forms of the class comment; anything else is an IllegalArgumentException. */
  public static Duration parse(String text) {
    var matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      if (text.strip().equals("0")) {
        return Duration.ZERO;
      }
      throw new IllegalArgumentException(
          "'" + text + "' is not a duration: write a number with ms, s, m, h or d, like 10s");
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }

  /** As a user would write it: {@code 90s}, {@code 2h}; what is less than a millisecond is cut. */
  public static String text(Duration duration) {
    long millis = duration.toMillis();
    if (millis == 0 || millis % 1_000 != 0) {
      return millis + "ms";
    }
    if (duration.toSeconds() % 60 != 0) {
      return duration.toSeconds() + "s";
    }
    if (duration.toMinutes() % 60 != 0) {
      return duration.toMinutes() + "m";
    }
    return duration.toHours() % 24 != 0 ? duration.toHours() + "h" : duration.toDays() + "d";
  }
}
