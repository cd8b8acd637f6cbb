package io.headwater.edge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * A wall clock that is wrong, for tests of whole processes: by the duration that stands in a file
 * ({@code -P20000D}), read each time, so that it jumps while the agent runs.
 */
final class ShiftedClock implements InstantSource {
  /** System property that names the file; without it the clock is the machine's. */
  static final String PROPERTY = "headwater.edge.test-clock";

  private final InstantSource clock;
  private final Path shift;

  private ShiftedClock(InstantSource clock, Path shift) {
    this.clock = clock;
    this.shift = shift;
  }

  static InstantSource ifAsked(Clock clock) {
    String file = System.getProperty(PROPERTY);
    return file == null ? clock : new ShiftedClock(clock, Path.of(file));
  }

  @Override
  public Instant instant() {
    try {
      return clock.instant().plus(Duration.parse(Files.readString(shift).strip()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
