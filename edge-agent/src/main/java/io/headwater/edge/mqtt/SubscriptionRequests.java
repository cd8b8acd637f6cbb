package io.headwater.edge.mqtt;

import io.headwater.edge.log.Append;
import io.headwater.edge.log.StateChange;
import io.headwater.edge.log.StateWrite;
import io.headwater.edge.log.StoredSession;
import io.headwater.edge.mqtt.AckQueue.Slot;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttReasonCodes.Disconnect;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client's SUBSCRIBE and UNSUBSCRIBE packets. Confined to the connection's event loop.
 *
 * <p>Both go through the log's queue, those of a recorded session to disk: a subscription takes
 * effect at one place in the log, and its acknowledgement leaves behind that.
 */
final class SubscriptionRequests {
  private static final int LARGEST_IDENTIFIER = 268_435_455;
  private static final int NO_SUBSCRIPTION = 0x11;
  private static final int FAILED = 0x80;
  private static final int INVALID = 0x8F;
  private static final int NOT_AUTHORIZED = 0x87;
  private static final int QUOTA = 0x97;

  private record Refusal(int code, String reason) {}

  private final ChannelHandlerContext ctx;
  private final MqttConnection connection;
  private final Client client;
  private final AckQueue acks;
  private final Subscriptions subscriptions;
  private final RowDelivery rows;
  private final SharedSubscriptions shares;
  private final LocalDelivery delivery;
  private final FilterQuota quota;
  private final MqttLimits limits;
  private final MqttMetrics metrics;

  /** New filters whose subscription is not on disk yet. */
  private int underWay;

  private boolean closed;

  SubscriptionRequests(
      ChannelHandlerContext ctx,
      MqttConnection connection,
      Client client,
      AckQueue acks,
      Subscriptions subscriptions,
      RowDelivery rows,
      SharedSubscriptions shares,
      MqttServer server,
      MqttLimits limits) {
    this.ctx = ctx;
    this.connection = connection;
    this.client = client;
    this.acks = acks;
    this.subscriptions = subscriptions;
    this.rows = rows;
    this.shares = shares;
    this.delivery = server.delivery();
    this.quota = server.filters();
    this.metrics = server.metrics();
    this.limits = limits;
  }

  /** Goes on with a session that was there. */
  void resume(StoredSession session, StateWrite.Result result) {
    rows.resume(session, result.end());
    for (StoredSession.Filter each : session.filters()) {
      if (SharedFilter.isShared(each.filter())) {
        rows.expect();
        shares.subscribed(
            each.filter(),
            Subscription.decode(each.options(), each.identifier(), each.since()),
            result.position());
      }
    }
    if (subscriptions.hasOwn()) {
      delivery.subscribed(connection);
    }
  }

  void subscribe(MqttSubscribeMessage subscribe) throws ProtocolViolation {
    List<MqttTopicSubscription> wanted = subscribe.payload().topicSubscriptions();
    if (wanted.isEmpty()) {
      throw new ProtocolViolation(Disconnect.PROTOCOL_ERROR, "SUBSCRIBE without a filter");
    }
    for (MqttTopicSubscription each : wanted) {
      if (each.option().isNoLocal() && SharedFilter.isShared(each.topicFilter())) {
        throw new ProtocolViolation(
            Disconnect.PROTOCOL_ERROR, "no local with the shared filter " + each.topicFilter());
      }
    }
    int identifier = identifier(subscribe);
    var codes = new ArrayList<Integer>();
    var reasons = new ArrayList<String>();
    var granted = new LinkedHashMap<String, Subscription>();
    int underWayBefore = underWay;
    for (MqttTopicSubscription each : wanted) {
      Refusal refusal = refusal(each, codes.size());
      if (refusal != null) {
        metrics.refused("subscribe");
        codes.add(client.v5() ? refusal.code() : FAILED);
        reasons.add(each.topicFilter() + ": " + refusal.reason());
      } else {
        Subscription subscription = Subscription.of(each.option(), identifier);
        granted.put(each.topicFilter(), subscription);
        codes.add(subscription.qos());
      }
    }
    int packetId = subscribe.variableHeader().messageId();
    String reason = String.join("; ", reasons);
    Slot slot = acks.add();
    if (granted.isEmpty()) {
      acks.complete(slot, Replies.subAck(packetId, codes, client.reasons(), reason));
      return;
    }
    var changes = new ArrayList<StateChange>();
    if (client.isRecorded()) {
      granted.forEach((filter, subscription) ->
          changes.add(
              new StateChange.PutFilter(
                  client.id(), filter, subscription.encode(), subscription.identifier())));
    }
    int taken = underWay - underWayBefore;
    rows.expect();
    client
        .store()
        .write(
            changes,
            null,
            client.tasks(),
            result -> {
              int known = subscriptions.size();
              subscribed(slot, packetId, codes, reason, granted, result);
              settle(taken, subscriptions.size() - known);
            });
  }

  private int identifier(MqttSubscribeMessage subscribe) throws ProtocolViolation {
    if (subscribe
            .idAndPropertiesVariableHeader()
            .properties()
            .getProperty(MqttProperties.SUBSCRIPTION_IDENTIFIER)
        instanceof MqttProperties.IntegerProperty identifier) {
      if (identifier.value() < 1 || identifier.value() > LARGEST_IDENTIFIER) {
        throw new ProtocolViolation(
            Disconnect.PROTOCOL_ERROR, "subscription identifier " + identifier.value());
      }
      return identifier.value();
    }
    return 0;
  }

  private @Nullable Refusal refusal(MqttTopicSubscription wanted, int before) {
    String filter = wanted.topicFilter();
    boolean valid =
        SharedFilter.isShared(filter)
            ? SharedFilter.isValid(filter)
            : Subscriptions.isFilter(filter);
    if (!valid) {
      return new Refusal(INVALID, "not a topic filter");
    }
    if (!client.rights().maySubscribe(filter)) {
      return new Refusal(NOT_AUTHORIZED, "no right to receive anything of it");
    }
    if (before >= limits.filtersPerSubscribe()) {
      return new Refusal(
          QUOTA, "a SUBSCRIBE has at most " + limits.filtersPerSubscribe() + " filters");
    }
    if (SharedFilter.isShared(filter) && !shares.hasRoom(filter, limits.filtersInAll())) {
      return new Refusal(QUOTA, "there is no room for more shared subscriptions");
    }
    if (!subscriptions.contains(filter)) {
      if (!quota.take(subscriptions.size() + underWay)) {
        return new Refusal(QUOTA, "there is no room for more filters");
      }
      underWay++;
    }
    return null;
  }

  private void subscribed(
      Slot slot,
      int packetId,
      List<Integer> codes,
      String reason,
      Map<String, Subscription> granted,
      StateWrite.Result result) {
    if (closed) {
      return;
    }
    if (result.outcome() != Append.Outcome.COMMITTED) {
      metrics.refused("subscribe");
      acks.complete(
          slot,
          Replies.subAck(
              packetId,
              codes.stream().map(_ -> client.v5() ? QUOTA : FAILED).toList(),
              client.reasons(),
              "it could not be written to the log"));
      return;
    }
    var fresh = new Subscriptions(client.id(), client.rights()); // kept values come for those
    granted.forEach((filter, subscription) -> {
      Subscription placed = subscription.from(result.position());
      boolean added = subscriptions.put(filter, placed);
      if (SharedFilter.isShared(filter)) {
        shares.subscribed(filter, placed, result.position()); // nothing retained follows
      } else if (subscription.retainHandling() == 0
          || (subscription.retainHandling() == 1 && added)) {
        fresh.put(filter, placed);
        rows.replay(new RetainedReplay(filter, placed, result.position()));
      }
    });
    boolean own = granted.keySet().stream().anyMatch(each -> !SharedFilter.isShared(each));
    if (own) {
      delivery.subscribed(connection); // before the client is told: what is sent then reaches it
    }
    acks.complete(slot, Replies.subAck(packetId, codes, client.reasons(), reason));
    connection.flushAcks();
    if (own) {
      rows.subscribed(result.position(), result.end());
    }
    if (!fresh.isEmpty()) {
      delivery.values().forEach(value -> connection.deliver(ctx, value, fresh));
    }
    rows.pump();
  }

  /** Gives back what was taken and not used: a filter may have been named twice, or refused. */
  private void settle(int taken, int used) {
    underWay -= taken;
    if (!closed) {
      quota.giveBack(taken - used);
    }
  }

  /** The connection has ended. */
  void close() {
    if (!closed) {
      closed = true;
      shares.close();
      quota.giveBack(subscriptions.size() + underWay);
    }
  }

  void unsubscribe(MqttUnsubscribeMessage unsubscribe) throws ProtocolViolation {
    List<String> filters = unsubscribe.payload().topics();
    if (filters.isEmpty()) {
      throw new ProtocolViolation(Disconnect.PROTOCOL_ERROR, "UNSUBSCRIBE without a filter");
    }
    var changes = new ArrayList<StateChange>();
    if (client.isRecorded()) {
      filters.forEach(filter -> changes.add(new StateChange.RemoveFilter(client.id(), filter)));
    }
    Slot slot = acks.add();
    int packetId = unsubscribe.variableHeader().messageId();
    client
        .store()
        .write(
            changes, null, client.tasks(), result -> unsubscribed(slot, packetId, filters, result));
  }

  private void unsubscribed(
      Slot slot, int packetId, List<String> filters, StateWrite.Result result) {
    if (closed) {
      return;
    }
    if (result.outcome() != Append.Outcome.COMMITTED) {
      acks.closeInstead(slot); // the client repeats it when it is back
      return;
    }
    short[] codes = new short[filters.size()];
    var strange = new ArrayList<String>();
    for (int i = 0; i < codes.length; i++) {
      boolean removed = subscriptions.remove(filters.get(i));
      codes[i] = (short) (removed ? 0 : NO_SUBSCRIPTION);
      if (!removed) {
        strange.add(filters.get(i));
      }
      quota.giveBack(removed ? 1 : 0);
      shares.unsubscribed(filters.get(i));
    }
    if (!subscriptions.hasOwn()) {
      delivery.left(connection);
      rows.unsubscribed();
    }
    acks.complete(
        slot,
        Replies.unsubAck(
            packetId,
            client.v5() ? codes : new short[0],
            client.reasons(),
            strange.isEmpty() ? "" : "not subscribed: " + String.join(", ", strange)));
  }
}
