package io.headwater.edge.log;

import io.headwater.edge.clock.Capture;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A session as it is on disk.
 *
 * @param connected whether its client was connected when this was written
 * @param left when its connection ended, if it has
 * @param cursor the rows below it are finished, but for {@code outbound}
 * @param will not published yet; null for none
 * @param inbound packet identifiers of the client's QoS 2 publishes that are in the log and not
 *     released
 * @param outbound what is under way to the client, oldest row first
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
public record StoredSession(
    String client,
    long expirySeconds,
    boolean connected,
    Capture left,
    long cursor,
    byte @Nullable [] will,
    List<Filter> filters,
    List<Integer> inbound,
    List<StateChange.Outbound> outbound) {
  public StoredSession {
    filters = List.copyOf(filters);
    inbound = List.copyOf(inbound);
    outbound = List.copyOf(outbound);
  }

  /**
   * A subscription; see {@link StateChange.PutFilter}.
   *
   * @param since rows from this seq on are wanted
   */
  public record Filter(String filter, int options, int identifier, long since) {}
}
