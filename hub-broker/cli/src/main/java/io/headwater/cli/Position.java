package io.headwater.cli;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/** A place in each of some partitions, as users name it. */
sealed interface Position {
  /** The first record that is still there. */
  record Earliest() implements Position {}

  /** Behind the last record. */
  record Latest() implements Position {}

  /** An offset, the same in each partition. */
  record At(long offset) implements Position {}

  /** The first record with this timestamp or a later one. */
  record Since(Instant time) implements Position {}

  /** So many offsets before the end. */
  record BeforeEnd(long count) implements Position {}

  /** So many offsets away from where the group is. */
  record By(long count) implements Position {}

  /** Reads {@code earliest}, {@code latest} or a timestamp, which all commands have in common. */
  static Optional<Position> named(String text) {
    return switch (text) {
      case "earliest" -> Optional.of(new Earliest());
      case "latest" -> Optional.of(new Latest());
      default -> instant(text).map(Since::new);
    };
  }

  /** ISO 8601; without an offset it is UTC, without a time it is midnight. */
  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeParseException _) {
      // Perhaps without an offset.
    }
    try {
      return Optional.of(LocalDateTime.parse(text).toInstant(ZoneOffset.UTC));
    } catch (DateTimeParseException _) {
      // Perhaps without a time.
    }
    try {
      return Optional.of(LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC));
    } catch (DateTimeParseException _) {
      return Optional.empty();
    }
  }
}
