package io.headwater.uplink;

import java.util.List;

/**
 * A gateway asks what of its log is settled.
 *
 * @param incarnations oldest first, the newest 32
 * @param agentVersion for people who look
 */
public record StateRequest(
    String gateway, long epoch, List<Incarnation> incarnations, String agentVersion) {
  public static final int MOST_INCARNATIONS = 32;

  public StateRequest {
    incarnations = List.copyOf(incarnations);
  }
}
