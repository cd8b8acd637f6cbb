package io.headwater.edge.mqtt;

import io.headwater.edge.log.LogRow;
import io.netty.channel.ChannelHandlerContext;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings the retained messages of one filter to a client that has just subscribed, some topics at a
 * time. Confined to the event loop.
 *
 * <p>It shows them as they were at the subscription's place in the log: what was retained behind it
 * comes as a row.
 */
final class RetainedReplay {
  private final String filter;
  private final Subscription subscription;
  private final long position;
  private final boolean exact;
  private final String prefix;
  private final Deque<LogRow> read = new ArrayDeque<>();
  private String after = "";
  private boolean reading;
  private boolean complete;

  /**
   * @param position rows from here on come by themselves
   */
  RetainedReplay(String filter, Subscription subscription, long position) {
    this.filter = filter;
    this.subscription = subscription;
    this.position = position;
    int wildcard = firstWildcard(filter);
    this.exact = wildcard < 0;
    // "a/#" fits "a" too.
    this.prefix =
        exact
            ? filter
            : filter.substring(
                0, Math.max(0, filter.charAt(wildcard) == '#' ? wildcard - 1 : wildcard));
  }

  String filter() {
    return filter;
  }

  private static int firstWildcard(String filter) {
    int plus = filter.indexOf('+');
    int hash = filter.indexOf('#');
    return plus < 0 ? hash : hash < 0 ? plus : Math.min(plus, hash);
  }

  /**
   * Adds what there is room for.
   *
   * @param goOn called once more is read
   * @return whether all has been added
   */
  boolean advance(ChannelHandlerContext ctx, Client client, Outbox outbox, Runnable goOn) {
    while (true) {
      @Nullable LogRow next = read.peekFirst();
      if (next == null) {
        if (!complete && !reading) {
          readOn(client, goOn);
        }
        return complete;
      }
      if (isWanted(client, next)) {
        int qos = Math.min(subscription.qos(), MessageAttributes.qos(next.attributes()));
        if (qos > 0 && !outbox.hasRoom(ctx)) {
          return false;
        }
        outbox.add(ctx, Outgoing.of(next, qos, true, identifiers()));
      }
      read.removeFirst();
    }
  }

  private boolean isWanted(Client client, LogRow row) {
    return row.seq() < position
        && Subscriptions.matches(filter, row.mqttTopic())
        && !(subscription.noLocal() && row.mqttClient().equals(client.id()))
        && client.rights().mayReceive(row.mqttTopic());
  }

  private List<Integer> identifiers() {
    return subscription.identifier() > 0 ? List.of(subscription.identifier()) : List.of();
  }

  private void readOn(Client client, Runnable goOn) {
    reading = true;
    client
        .store()
        .retained(
            after,
            prefix,
            exact ? 1 : Integer.MAX_VALUE,
            client.tasks(),
            rows -> {
              reading = false;
              read.addAll(rows);
              complete = exact || rows.isEmpty();
              if (!rows.isEmpty()) {
                after = rows.getLast().mqttTopic();
              }
              goOn.run();
            });
  }
}
