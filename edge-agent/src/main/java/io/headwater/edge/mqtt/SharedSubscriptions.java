package io.headwater.edge.mqtt;

import io.headwater.edge.mqtt.LocalDelivery.Handed;
import io.netty.channel.ChannelHandlerContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A connection's parts in shared subscriptions. Confined to its event loop, but for what groups ask
 * of it.
 */
final class SharedSubscriptions {
  private final ChannelHandlerContext ctx;
  private final Client client;
  private final SharedGroups groups;
  private final Outbox outbox;
  private final RowDelivery rows;
  private final int windowSize;
  private final Map<String, SharedMember> members = new HashMap<>();
  private volatile boolean room = true;
  private boolean closed;

  SharedSubscriptions(
      ChannelHandlerContext ctx,
      Client client,
      SharedGroups groups,
      Outbox outbox,
      RowDelivery rows) {
    this.ctx = ctx;
    this.client = client;
    this.groups = groups;
    this.outbox = outbox;
    this.rows = rows;
    this.windowSize = outbox.windowSize();
    rows.onPumped(this::pumped);
  }

  /** Whether the client can take more now. Called by any thread. */
  boolean hasRoom() {
    return room;
  }

  /** The most messages that the client has unfinished. Called by any thread. */
  int windowSize() {
    return windowSize;
  }

  /** Whether a filter may be subscribed to, by how many there are. */
  boolean hasRoom(String filter, int most) {
    return groups.hasRoom(filter, most);
  }

  /** The client is subscribed, from a place in the log on. */
  void subscribed(String filter, Subscription subscription, long position) {
    SharedMember known = members.get(filter);
    if (known == null) {
      members.put(filter, groups.join(filter, client, this, subscription, position));
    } else {
      known.subscription(subscription);
    }
  }

  void unsubscribed(String filter) {
    SharedMember member = members.remove(filter);
    if (member != null) {
      member.group().leave(member);
      groups.leave(filter, client.id());
    }
  }

  /** What was dealt to the client. */
  void handed(SharedMember member, List<Outgoing> messages) {
    // What comes behind an UNSUBSCRIBE is another member's, too.
    if (closed || members.get(member.group().filter()) != member) {
      messages.forEach(each -> each.tell(Handed.NOT_SENT));
      return;
    }
    messages.forEach(each -> outbox.add(ctx, each));
    rows.pump();
  }

  private void pumped() {
    boolean now = outbox.hasRoom(ctx);
    if (now != room) {
      room = now;
      if (now) {
        members.values().forEach(each -> each.group().poke());
      }
    }
  }

  /** The connection has ended, and the outbox has told what became of its messages. */
  void close() {
    closed = true;
    members.values().forEach(each -> each.group().leave(each));
    members.clear();
  }
}
