package io.headwater.edge.clock;

import io.headwater.uplink.ClockQuality;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reckons from bridges' answers when this boot began by their clock. Confined to the forwarder's
 * thread.
 *
 * <p>A bridge puts its time into an answer after the question was sent, and before the answer came:
 * so the boot began between that time less the uptime at its coming and that time less the uptime
 * at the sending. The middle is taken, half of the way as its error. Of answers that agree the
 * narrowest counts; what is known widens with the drift of an uncorrected quartz.
 *
 * <p>An answer may be one to an earlier question, and then the bounds are wrong: one that
 * contradicts what is known counts only once the next one says the same.
 */
final class BridgeClock {
  /** What is wider says too little. */
  static final long MOST_ERROR_MS = 10_000;

  private final long boot;
  private @Nullable BootTime known;
  private @Nullable BootTime doubted;

  /**
   * @param before what an earlier run in this boot has found out
   */
  BridgeClock(long boot, Optional<BootTime> before) {
    this.boot = boot;
    this.known = before.filter(time -> time.source() == ClockQuality.BRIDGE).orElse(null);
  }

  /**
   * What an answer tells; empty if nothing new.
   *
   * @param sentMs uptime at the question
   * @param receivedMs uptime at the answer
   * @param bridgeMs the bridge's time between the two
   */
  Optional<BootTime> answered(long sentMs, long receivedMs, long bridgeMs) {
    long earliest = bridgeMs - receivedMs;
    long latest = bridgeMs - sentMs;
    // All three are cut to milliseconds.
    var said =
        new BootTime(
            boot,
            earliest + (latest - earliest) / 2,
            (latest - earliest + 1) / 2 + 1,
            receivedMs,
            ClockQuality.BRIDGE);
    if (latest < earliest || said.errorMs() > MOST_ERROR_MS) {
      return Optional.empty();
    }
    BootTime before = known;
    if (before == null || (!agree(before, said) && doubted != null && agree(doubted, said))) {
      return Optional.of(take(said));
    }
    if (!agree(before, said)) {
      doubted = said;
      return Optional.empty();
    }
    doubted = null;
    return said.errorMs() < before.errorMs(receivedMs) ? Optional.of(take(said)) : Optional.empty();
  }

  private BootTime take(BootTime said) {
    known = said;
    doubted = null;
    return said;
  }

  private static boolean agree(BootTime before, BootTime said) {
    return Math.abs(before.startMs() - said.startMs())
        <= before.errorMs(said.asOfUptimeMs()) + said.errorMs();
  }
}
