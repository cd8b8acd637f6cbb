package io.headwater.edge.mqtt;

import io.headwater.edge.log.LogRow;
import io.headwater.edge.mqtt.LocalDelivery.Handed;
import java.util.List;

/**
 * One connection's part in a {@link SharedGroup}. Its counts are confined to the group's loop; what
 * is dealt is brought to the connection's.
 *
 * @see SharedSubscriptions
 */
final class SharedMember {
  private static final int MOST_BYTES = 256 << 10;

  private final SharedGroup group;
  private final SharedSubscriptions connection;
  private final Client client;
  private final long since;
  private volatile Subscription subscription;
  private int outstanding;
  private long outstandingBytes;

  /**
   * @param since rows from this seq on were written while the client was connected
   */
  SharedMember(
      SharedGroup group,
      SharedSubscriptions connection,
      Client client,
      Subscription subscription,
      long since) {
    this.group = group;
    this.connection = connection;
    this.client = client;
    this.subscription = subscription;
    this.since = since;
  }

  SharedGroup group() {
    return group;
  }

  Client client() {
    return client;
  }

  /** Goes on with other options. Called by the connection's loop. */
  void subscription(Subscription changed) {
    subscription = changed;
  }

  boolean mayReceive(String topic) {
    return client.rights().mayReceive(topic);
  }

  /** Whether it gets messages at QoS 0 of this place: not those of the time before it came. */
  boolean isThereSince(long seq) {
    return seq >= since;
  }

  int qos(LogRow row) {
    return Math.min(subscription.qos(), MessageAttributes.qos(row.attributes()));
  }

  boolean hasRoom() {
    return connection.hasRoom()
        && outstanding < connection.windowSize()
        && outstandingBytes < MOST_BYTES;
  }

  Outgoing dealt(LogRow row, int qos) {
    Subscription now = subscription;
    boolean retained = now.retainAsPublished() && MessageAttributes.retain(row.attributes());
    List<Integer> identifiers = now.identifier() > 0 ? List.of(now.identifier()) : List.of();
    Outgoing plain = Outgoing.of(row, qos, retained, identifiers);
    if (qos == 0) {
      return plain;
    }
    outstanding++;
    outstandingBytes += plain.size();
    return plain.shared(group.filter(), outcome -> group.told(this, row, qos, outcome));
  }

  /** A row that was dealt is not with the connection any more. */
  void over(LogRow row) {
    outstanding--;
    outstandingBytes -= Outgoing.of(row, 1, false, List.of()).size();
  }

  /** Brings what was dealt to the connection, in order. */
  void hand(List<Outgoing> messages) {
    client.tasks().add(() -> connection.handed(this, messages));
  }

  static boolean isOver(int qos, Handed outcome) {
    return outcome != Handed.NOT_SENT && (qos == 2 || outcome != Handed.LOST);
  }
}
