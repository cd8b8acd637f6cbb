package io.headwater.edge.log;

import io.headwater.edge.clock.Capture;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A change of what MQTT keeps beside the rows. It is written in one transaction with whatever
 * carries it, an {@link Append} or a {@link StateWrite}. All are upserts: a change may be repeated.
 */
public sealed interface StateChange {
  /**
   * A client has connected. A session that was not there begins, its cursor at this place of the
   * log.
   *
   * @param expirySeconds how long it outlives its connection
   * @param will what to publish if the connection breaks, as the server encodes it; null for none
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record OpenSession(String client, long expirySeconds, byte @Nullable [] will)
      implements StateChange {}

  /**
   * The connection has ended, the session has not.
   *
   * @param at when
   * @param keepWill whether the will is still to be published
   */
  record LeaveSession(String client, long expirySeconds, Capture at, boolean keepWill)
      implements StateChange {}

  /** The will is published, with the row that carries this. */
  record ClearWill(String client) implements StateChange {}

  /** Nothing of the session is kept. */
  record EndSession(String client) implements StateChange {}

  /**
   * @param options of the subscription, as the server encodes them
   * @param identifier of the subscription; 0 for none
   */
  record PutFilter(String client, String filter, int options, int identifier)
      implements StateChange {}

  /** The client has unsubscribed. */
  record RemoveFilter(String client, String filter) implements StateChange {}

  /** The row that carries this came at QoS 2 under this packet identifier, which is now open. */
  record OpenInbound(String client, int packetId) implements StateChange {}

  /** The packet identifier may be used for another publish. */
  record CloseInbound(String client, int packetId) implements StateChange {}

  /**
   * How far a subscriber is.
   *
   * @param cursor the rows below it are finished, but for those that are under way
   * @param put rows that are under way now, or in another state than before
   * @param finished packet identifiers that are free again
   */
  record Progress(String client, long cursor, List<Outbound> put, List<Integer> finished)
      implements StateChange {
    public Progress {
      put = List.copyOf(put);
      finished = List.copyOf(finished);
    }
  }

  /**
   * How far the dealing of a shared subscription is. Of one that no session on disk has, nothing is
   * kept.
   *
   * @param filter with its {@code $share/group/}
   * @param next rows from this seq on are still to be dealt
   * @param put rows below it that are dealt now, and not finished
   * @param finished rows that are finished, or a member's own
   */
  record SharedProgress(String filter, long next, List<Long> put, List<Long> finished)
      implements StateChange {
    public SharedProgress {
      put = List.copyOf(put);
      finished = List.copyOf(finished);
    }
  }

  /** A row of a shared subscription is a member's own: it goes with a {@link Progress} of it. */
  record TakeShared(String filter, long seq) implements StateChange {}

  /**
   * The row that carries this is its topic's retained message from now on; an empty one ends it.
   */
  record Retain() implements StateChange {}

  /**
   * The row that carries this is written only if none of its client was with this identifier.
   *
   * @param windowMs how long it is known, in milliseconds of running time
   */
  record RememberId(String id, long windowMs) implements StateChange {}

  /** Nothing, but something to commit. */
  record Mark() implements StateChange {}

  /**
   * A message under way to a subscriber.
   *
   * @param seq its row
   */
  record Outbound(int packetId, long seq, OutboundState state) {}

  /** How far a message is. The order is that of the numbers on disk. */
  enum OutboundState {
    /** Sent at QoS 1, or about to be. */
    QOS_1,
    /** Sent at QoS 2, or about to be. */
    QOS_2,
    /** The client has it: PUBREL is due, never the message itself. */
    RELEASED
  }
}
