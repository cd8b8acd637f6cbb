package io.headwater.analytics;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/** Times as users write them. */
final class Times {
  /** Past all windows, and still a time that can be written. */
  static final long FOREVER = 253_402_300_800_000L; // the year 10000

  private Times() {}

  /**
   * Milliseconds since 1970 of {@code 2026-11-24T12:00:00Z}, of the same without an offset (UTC),
   * of a date (its midnight), or of milliseconds since 1970.
   *
   * @throws IllegalArgumentException that names the text and what is expected
   */
  static long parse(String text) {
    if (text.matches("\\d{1,14}")) {
      return Long.parseLong(text);
    }
    try {
      Instant instant =
          text.matches("\\d{4}-\\d\\d-\\d\\d")
              ? LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC)
              : text.matches(".*T.*(Z|[+-]\\d\\d:?\\d\\d)")
                  ? OffsetDateTime.parse(text).toInstant()
                  : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
      return instant.toEpochMilli();
    } catch (DateTimeException | ArithmeticException e) {
      throw new IllegalArgumentException(
          text
              + " is not a time: write 2026-11-24T12:00:00Z, 2026-11-24 or milliseconds since"
              + " 1970",
          e);
    }
  }
}
