package io.headwater.edge.forward;

import io.headwater.process.HostPort;
import io.headwater.uplink.Reject;
import io.headwater.uplink.RejectReason;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what the uplink has gone through, for people who ask. Written by the forwarder's
 * thread, read by any.
 */
final class UplinkDiary {
  private final Map<RejectReason, UplinkStatus.Rejected> rejects =
      new EnumMap<>(RejectReason.class);
  private @Nullable HostPort bridge;
  private boolean connected;
  private long sinceNanos;
  private UplinkStatus.@Nullable Problem problem;

  UplinkDiary(long nowNanos) {
    sinceNanos = nowNanos;
  }

  synchronized void connected(HostPort address, long nowNanos) {
    bridge = address;
    connected = true;
    sinceNanos = nowNanos;
  }

  /** An attempt came to nothing. */
  synchronized void failed(HostPort address, Throwable cause, long nowNanos) {
    bridge = address;
    note("no connection to " + address + ": " + said(cause), nowNanos);
  }

  /** The connection has ended. */
  synchronized void lost(long nowNanos) {
    connected = false;
    sinceNanos = nowNanos;
    note("the connection to " + bridge + " was lost", nowNanos);
  }

  /** Something is wrong that does not end the connection. */
  synchronized void note(String text, long nowNanos) {
    problem = new UplinkStatus.Problem(nowNanos, text);
  }

  synchronized void rejected(Reject reject, long nowNanos) {
    UplinkStatus.Rejected before = rejects.get(reject.reason());
    rejects.put(
        reject.reason(),
        new UplinkStatus.Rejected(
            reject.reason(),
            before == null ? 1 : before.times() + 1,
            nowNanos,
            reject.partition().stream(),
            reject.detail()));
  }

  synchronized UplinkStatus status() {
    List<UplinkStatus.Rejected> latestFirst =
        rejects.values().stream()
            .sorted(
                Comparator.comparingLong((UplinkStatus.Rejected each) -> each.nanos() - sinceNanos)
                    .reversed())
            .toList();
    return new UplinkStatus(
        Optional.ofNullable(bridge),
        connected,
        sinceNanos,
        Optional.ofNullable(problem),
        latestFirst);
  }

  /** Of what wraps what, the innermost knows. */
  private static String said(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return message == null || cause instanceof CompletionException ? cause.toString() : message;
  }
}
