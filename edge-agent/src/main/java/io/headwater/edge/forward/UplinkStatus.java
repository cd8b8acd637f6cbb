package io.headwater.edge.forward;

import io.headwater.process.HostPort;
import io.headwater.uplink.RejectReason;
import java.util.List;
import java.util.Optional;

/**
 * How the uplink is. Moments are those of {@link System#nanoTime}.
 *
 * @param bridge the broker that it is connected to, or that was tried last; empty before the first
 *     attempt
 * @param sinceNanos when the connection began or was lost; if there was none yet, when the agent
 *     began to try
 * @param lastProblem what came between this gateway and a bridge last
 * @param rejects what bridges have refused since the agent's start, the latest first
 */
public record UplinkStatus(
    Optional<HostPort> bridge,
    boolean isConnected,
    long sinceNanos,
    Optional<Problem> lastProblem,
    List<Rejected> rejects) {
  public UplinkStatus {
    rejects = List.copyOf(rejects);
  }

  /** What has happened, in words. */
  public record Problem(long nanos, String text) {}

  /**
   * Batches refused for one reason.
   *
   * @param times how many
   * @param nanos when the latest was
   * @param stream whose batch that was
   * @param detail what the bridge said of it; may be empty
   */
  public record Rejected(
      RejectReason reason, long times, long nanos, String stream, String detail) {}
}
