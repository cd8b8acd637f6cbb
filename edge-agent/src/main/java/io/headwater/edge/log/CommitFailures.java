package io.headwater.edge.log;

import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells people of commits that fail: of the first at once, then every ten seconds how many, and
 * when it is over. A full disk fails each commit, and the journal often lies on it. Confined to the
 * writer's thread, but for {@link #last}.
 */
final class CommitFailures {
  private static final Logger LOGGER = LoggerFactory.getLogger(CommitFailures.class);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final LongSupplier nanoTime;
  private long all;
  private long toldNanos;
  private volatile @Nullable CommitFailure last;

  /**
   * @param nanoTime of {@link System#nanoTime}
   */
  CommitFailures(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Whether a line is written of it. */
  boolean failed(int records, SQLException cause) {
    long now = nanoTime.getAsLong();
    all++;
    last = new CommitFailure(now, String.valueOf(cause.getMessage()));
    if (all > 1 && now - toldNanos < QUIET_NANOS) {
      return false;
    }
    toldNanos = now;
    LOGGER
        .atError()
        .addKeyValue("records", records)
        .addKeyValue("failures", all)
        .addKeyValue("error", cause.getMessage())
        .log("A commit failed");
    return true;
  }

  /** The latest, also when it is over. */
  Optional<CommitFailure> last() {
    return Optional.ofNullable(last);
  }

  /** A commit is on disk; returns how many before it were not. */
  long succeeded() {
    long before = all;
    if (before > 0) {
      LOGGER.atInfo().addKeyValue("failures", before).log("Commits succeed again");
      all = 0;
    }
    return before;
  }
}
