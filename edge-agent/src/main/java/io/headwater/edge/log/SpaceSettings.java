package io.headwater.edge.log;

import io.headwater.process.ByteSize;
import java.util.Optional;

/**
 * What the log may take of the card. Of a card that is smaller than sixteen times {@code free} or
 * {@code reserve}, a sixteenth counts in their place.
 *
 * @param limit bytes of the log in all, settled or not, the reserve included; without one the card
 *     is the limit
 * @param free bytes of the card that are left to others
 * @param reserve bytes kept for what must go on when there is no room: critical routes, gaps,
 *     settled ranges, sessions
 * @param scarce room below which {@code decimate} begins
 */
public record SpaceSettings(
    Optional<ByteSize> limit, ByteSize free, ByteSize reserve, ByteSize scarce) {
  public static final SpaceSettings DEFAULTS =
      new SpaceSettings(
          Optional.empty(),
          ByteSize.ofMebibytes(64),
          ByteSize.ofMebibytes(8),
          ByteSize.ofMebibytes(64));

  private static final long LEAST_LIMIT = 8 << 20;

  public SpaceSettings {
    limit.ifPresent(most -> {
      if (most.bytes() < LEAST_LIMIT) {
        throw new IllegalArgumentException("log.space.limit " + most + " < min 8MiB");
      }
      if (most.bytes() < 2 * reserve.bytes()) {
        throw new IllegalArgumentException(
            "log.space.limit "
                + most
                + " < 2 x log.space.reserve "
                + reserve
                + ": nothing would be left for ordinary readings; raise the limit or lower the"
                + " reserve");
      }
    });
  }
}
