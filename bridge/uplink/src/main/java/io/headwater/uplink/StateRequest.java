package io.headwater.uplink;

import java.util.List;

/**
 * A gateway asks what of its log is settled.
 *
 * @param incarnations oldest first, the newest 32
 * @param agentVersion for people who look
 * @param streams how topics shall be made that do not exist yet
 */
public record StateRequest(
    String gateway,
    long epoch,
    List<Incarnation> incarnations,
    String agentVersion,
    List<StreamDeclaration> streams) {
  public static final int MOST_INCARNATIONS = 32;

  public StateRequest {
    incarnations = List.copyOf(incarnations);
    streams = List.copyOf(streams);
  }

  /** Declares no streams. */
  public StateRequest(
      String gateway, long epoch, List<Incarnation> incarnations, String agentVersion) {
    this(gateway, epoch, incarnations, agentVersion, List.of());
  }
}
