package io.headwater.edge.output;

import io.headwater.edge.input.board.Drive;
import io.headwater.edge.input.sensor.Fault;
import io.headwater.edge.input.sensor.SensorFault;
import io.headwater.edge.output.OutputReport.Cause;
import io.headwater.edge.output.OutputReport.Problem;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An output at work: what it should be, and whether it is. Confined to the bus' thread. What could
 * not be set is tried again, later each time, until it is or something else is wanted.
 */
final class OutputRun {
  /** Opens the output with a physical value. */
  @FunctionalInterface
  interface Opener {
    Drive open(int initial) throws SensorFault;
  }

  static final long NEVER = Long.MAX_VALUE;

  private static final Logger LOGGER = LoggerFactory.getLogger(OutputRun.class);
  private static final long FIRST_RETRY = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_RETRY = TimeUnit.MINUTES.toNanos(1);

  private final OutputSettings settings;
  private final Opener opener;
  private final OutputReport report;
  private final OutputMetrics metrics;
  private @Nullable Drive drive;
  private int wanted;
  private long commandedAt;
  private long retryAfter = FIRST_RETRY;
  private long retryAt;

  OutputRun(OutputSettings settings, Opener opener, OutputReport report, OutputMetrics metrics) {
    this.settings = settings;
    this.opener = opener;
    this.report = report;
    this.metrics = metrics;
    this.wanted = settings.safe();
  }

  OutputSettings settings() {
    return settings;
  }

  OutputReport report() {
    return report;
  }

  void start(long now) {
    drive(now, Cause.START);
  }

  /** A message has come on its topic. */
  void command(byte[] payload, long now) {
    int value;
    try {
      value = OutputCommand.parse(settings.target(), payload);
    } catch (IllegalArgumentException e) {
      metrics.command(settings.target().type(), OutputMetrics.Result.BAD_PAYLOAD);
      report.refused(String.valueOf(e.getMessage()));
      return;
    }
    wanted = value;
    commandedAt = now;
    retryAfter = FIRST_RETRY;
    metrics.command(
        settings.target().type(),
        drive(now, Cause.COMMAND) ? OutputMetrics.Result.SET : OutputMetrics.Result.FAILED);
  }

  /**
   * Does what is due.
   *
   * @return nanoseconds until there is more; {@link #NEVER} if nothing is planned
   */
  long poll(long now) {
    if (isWatched() && now - commandedAt >= settings.watchdog().toNanos()) {
      wanted = settings.safe();
      metrics.fellSafe();
      LOGGER
          .atWarn()
          .addKeyValue("output", settings.name())
          .log("No command has come for too long: the output is set to its safe value");
      drive(now, Cause.WATCHDOG);
    } else if (report.problem().isPresent() && now - retryAt >= 0) {
      drive(now, Cause.RETRY);
    }
    long next = NEVER;
    if (isWatched()) {
      next = Math.max(0, commandedAt + settings.watchdog().toNanos() - now);
    }
    if (report.problem().isPresent()) {
      next = Math.min(next, Math.max(0, retryAt - now));
    }
    return next;
  }

  private boolean isWatched() {
    return !settings.watchdog().isZero() && wanted != settings.safe();
  }

  private boolean drive(long now, Cause cause) {
    try {
      Drive open = drive;
      if (open == null) {
        open = opener.open(settings.physical(settings.safe()));
        drive = open;
      }
      open.set(settings.physical(wanted));
    } catch (SensorFault e) {
      failed(new Problem(e.fault(), e.text()), cause, now);
      return false;
    } catch (RuntimeException | LinkageError e) {
      failed(new Problem(Fault.ERROR, String.valueOf(e)), cause, now);
      return false;
    }
    retryAfter = FIRST_RETRY;
    report.set(wanted, cause);
    return true;
  }

  private void failed(Problem why, Cause cause, long now) {
    release();
    retryAt = now + retryAfter;
    retryAfter = Math.min(LONGEST_RETRY, 2 * retryAfter);
    report.failed(wanted, why, cause);
  }

  /** The agent ends. */
  void stop(long now) {
    wanted = settings.safe();
    if (drive != null) {
      drive(now, Cause.STOP);
    }
    release();
  }

  private void release() {
    Drive open = drive;
    drive = null;
    if (open != null) {
      try {
        open.close();
      } catch (RuntimeException | LinkageError e) {
        LOGGER.atDebug().setCause(e).log("An output cannot be closed");
      }
    }
  }
}
