package io.headwater.uplink;

/**
 * A gateway's heartbeat, retained; its last will says that it is offline.
 *
 * @param agentVersion for people who look
 * @param depthRecords committed, not yet settled
 * @param oldestCapturedMs of these; -1 if there are none
 * @param clock quality now
 * @param run what the first form of the frame did not carry
 * @param pace nor the second
 */
public record GatewayStatus(
    String gateway,
    boolean online,
    String agentVersion,
    long depthRecords,
    long oldestCapturedMs,
    ClockQuality clock,
    Run run,
    Pace pace) {

  /** In the first form of the frame. */
  public GatewayStatus(
      String gateway,
      boolean online,
      String agentVersion,
      long depthRecords,
      long oldestCapturedMs,
      ClockQuality clock) {
    this(
        gateway,
        online,
        agentVersion,
        depthRecords,
        oldestCapturedMs,
        clock,
        Run.UNKNOWN,
        Pace.UNKNOWN);
  }

  /**
   * This run of the agent.
   *
   * @param startedMs by the gateway's clock; -1 if not told
   * @param heartbeatMs between two of its status messages; -1 if not told
   * @param devices connected now; -1 if not told
   * @param certificateNotAfterMs end of its certificate; -1 if it has none
   */
  public record Run(long startedMs, long heartbeatMs, int devices, long certificateNotAfterMs) {
    public static final Run UNKNOWN = new Run(-1, -1, -1, -1);
  }

  /**
   * How fast things go.
   *
   * @param drainSeconds until nothing waits any more, if it goes on as in the last half minute; -1
   *     if that is not known, or never
   * @param writtenBytesPerDay what the agent writes to its storage; -1 if not told
   */
  public record Pace(long drainSeconds, long writtenBytesPerDay) {
    public static final Pace UNKNOWN = new Pace(-1, -1);
  }
}
