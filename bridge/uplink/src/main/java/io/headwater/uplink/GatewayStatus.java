package io.headwater.uplink;

/**
 * A gateway's heartbeat, retained; its last will says that it is offline.
 *
 * @param agentVersion for people who look
 * @param depthRecords committed, not yet settled
 * @param oldestCapturedMs of these; -1 if there are none
 * @param clock quality now
 */
public record GatewayStatus(
    String gateway,
    boolean online,
    String agentVersion,
    long depthRecords,
    long oldestCapturedMs,
    ClockQuality clock) {}
