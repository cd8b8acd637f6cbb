package io.headwater.edge.mqtt;

import io.headwater.edge.clock.Capture;
import io.headwater.edge.clock.DeviceClock;
import io.headwater.edge.log.LogRow;
import io.headwater.edge.log.StateChange.Outbound;
import io.headwater.edge.log.StateChange.OutboundState;
import io.headwater.edge.mqtt.LocalDelivery.Handed;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttProperties;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What goes to one subscriber: a window of unfinished messages at QoS 1 and 2, sent in the order in
 * which they were added. Confined to the connection's event loop.
 *
 * <p>Of a recorded session a QoS 2 message is sent once it is on disk, and so is its PUBREL: what
 * the client may have seen is never sent under another packet identifier. Messages of the agent's
 * own, which are no rows, wait in a bounded queue behind the rows and are never on disk.
 */
final class Outbox {
  private static final int MOST_QUEUED = 1000;
  private static final int MOST_QUEUED_BYTES = 1 << 20;
  private static final int MOST_UNSENT_BYTES = 256 << 10;
  private static final int LARGEST_ID = 65_535;

  private static final class Unfinished {
    private final int packetId;
    private final Outgoing message;
    private final boolean again;
    private boolean recorded;
    private boolean sent;
    private boolean released;

    Unfinished(int packetId, Outgoing message, boolean again) {
      this.packetId = packetId;
      this.message = message;
      this.again = again;
    }
  }

  private final MqttMetrics metrics;
  private final PublishPackets packets;
  private final Map<Integer, Unfinished> window = new HashMap<>();
  private final Deque<Unfinished> unsent = new ArrayDeque<>();
  private final Deque<Outgoing> queue = new ArrayDeque<>();
  private @Nullable SessionProgress progress;
  private int unsentBytes;
  private int queuedBytes;
  private int lastId;
  private int underWay;
  private int windowSize = 100;
  private boolean v5;

  Outbox(MqttMetrics metrics, DeviceClock clock) {
    this.metrics = metrics;
    this.packets = new PublishPackets(clock);
  }

  /** What an MQTT 5 client said of itself. */
  void limits(MqttProperties properties) {
    v5 = true;
    packets.limits(properties);
    if (properties.getProperty(MqttProperties.RECEIVE_MAXIMUM)
        instanceof MqttProperties.IntegerProperty maximum) {
      windowSize = Math.clamp(maximum.value(), 1, 100);
    }
  }

  /** From now on what is under way is recorded. */
  void recordBy(SessionProgress recorder) {
    progress = recorder;
  }

  /** Goes on with what was under way when the connection before ended, in the order of rows. */
  void restore(
      ChannelHandlerContext ctx,
      List<Outbound> outbound,
      List<LogRow> rows,
      Subscriptions subscriptions,
      Rights rights) {
    var bySeq = new HashMap<Long, LogRow>();
    rows.forEach(row -> bySeq.put(row.seq(), row));
    for (Outbound each : outbound) {
      LogRow row = bySeq.get(each.seq());
      // The session may have been another user's, or its rights may have gone meanwhile.
      boolean isAllowed = row == null || rights.mayReceive(row.mqttTopic());
      if ((row == null || !isAllowed) && each.state() != OutboundState.RELEASED) {
        metrics.dropped(isAllowed ? "not-kept" : "not-allowed");
        if (progress != null) {
          progress.finished(each.packetId());
        }
        continue;
      }
      int qos = each.state() == OutboundState.QOS_1 ? 1 : 2;
      Outgoing message;
      if (row == null) {
        message =
            new Outgoing(
                each.seq(),
                "",
                new byte[0],
                null,
                Capture.UNKNOWN,
                qos,
                false,
                List.of(),
                null,
                null);
      } else {
        Subscriptions.Match match =
            subscriptions.match(row.mqttTopic(), row.mqttClient(), row.seq());
        message = Outgoing.of(row, qos, false, match == null ? List.of() : match.identifiers());
      }
      var unfinished = new Unfinished(each.packetId(), message, true);
      unfinished.recorded = true;
      window.put(each.packetId(), unfinished);
      if (each.state() == OutboundState.RELEASED) {
        unfinished.released = true;
        unfinished.sent = true;
        underWay++;
        ctx.write(Replies.pubRel(each.packetId(), 0));
      } else {
        addUnsent(unfinished);
      }
    }
    ctx.flush();
  }

  private void addUnsent(Unfinished unfinished) {
    unsent.add(unfinished);
    unsentBytes += unfinished.message.size();
  }

  /** The most messages that are unfinished. */
  int windowSize() {
    return windowSize;
  }

  /** Whether another row at QoS 1 or 2 may be added now. */
  boolean hasRoom(ChannelHandlerContext ctx) {
    return window.size() < windowSize
        && unsentBytes < MOST_UNSENT_BYTES
        && ctx.channel().isWritable();
  }

  /** Adds a row; {@link #send} brings it on its way. */
  void add(ChannelHandlerContext ctx, Outgoing message) {
    if (packets.isExpired(message)) {
      metrics.dropped("expired");
      message.tell(Handed.REFUSED);
    } else if (!packets.fits(message)) {
      metrics.dropped("larger-than-client-takes");
      message.tell(Handed.REFUSED);
    } else if (message.qos() == 0) {
      var _ = writeUnsent(ctx); // what came before goes before it, as far as it may
      sendOnce(ctx, message);
    } else {
      var unfinished = new Unfinished(nextId(), message, false);
      window.put(unfinished.packetId, unfinished);
      addUnsent(unfinished);
      if (progress != null && message.isRecorded()) {
        progress.put(outbound(unfinished), message.share());
      }
    }
  }

  private void sendOnce(ChannelHandlerContext ctx, Outgoing message) {
    if (ctx.channel().isWritable()) {
      metrics.delivered();
      ctx.write(packets.packet(message, 0, false));
      message.tell(Handed.SENT);
    } else {
      metrics.dropped("slow-subscriber");
      message.tell(Handed.NOT_SENT);
    }
  }

  private int nextId() {
    do {
      lastId = lastId % LARGEST_ID + 1;
    } while (window.containsKey(lastId) || (progress != null && progress.isBusy(lastId)));
    return lastId;
  }

  private static Outbound outbound(Unfinished unfinished) {
    OutboundState state =
        unfinished.released
            ? OutboundState.RELEASED
            : unfinished.message.qos() == 1 ? OutboundState.QOS_1 : OutboundState.QOS_2;
    return new Outbound(unfinished.packetId, unfinished.message.seq(), state);
  }

  /** Takes a message of the agent's own, which is no row. */
  void deliver(ChannelHandlerContext ctx, Outgoing message) {
    if (!packets.fits(message)) {
      metrics.dropped("larger-than-client-takes");
      message.tell(Handed.NOT_SENT);
    } else if (message.qos() == 0) {
      sendOnce(ctx, message);
      ctx.flush();
    } else if (queue.size() < MOST_QUEUED
        && queuedBytes + message.payload().length <= MOST_QUEUED_BYTES) {
      queue.add(message);
      queuedBytes += message.payload().length;
      send(ctx);
    } else {
      metrics.dropped("slow-subscriber");
      message.tell(Handed.NOT_SENT);
    }
  }

  /**
   * Sends what may be sent, and flushes.
   *
   * @return whether a message waits until it is on disk
   */
  boolean send(ChannelHandlerContext ctx) {
    boolean waits = writeUnsent(ctx);
    while (unsent.isEmpty()
        && !queue.isEmpty()
        && window.size() < windowSize
        && underWay < windowSize
        && ctx.channel().isWritable()) {
      Outgoing message = queue.removeFirst();
      queuedBytes -= message.payload().length;
      var unfinished = new Unfinished(nextId(), message, false);
      window.put(unfinished.packetId, unfinished);
      write(ctx, unfinished);
    }
    ctx.flush();
    return waits;
  }

  /** Returns whether a message waits until it is on disk. */
  private boolean writeUnsent(ChannelHandlerContext ctx) {
    while (!unsent.isEmpty() && underWay < windowSize) {
      Unfinished next = unsent.getFirst();
      if (next.message.qos() == 2 && progress != null && !next.recorded) {
        return true;
      }
      unsent.removeFirst();
      unsentBytes -= next.message.size();
      write(ctx, next);
    }
    return false;
  }

  private void write(ChannelHandlerContext ctx, Unfinished next) {
    next.sent = true;
    underWay++;
    metrics.delivered();
    ctx.write(packets.packet(next.message, next.packetId, next.again));
  }

  /** What is on disk now: it may be sent. */
  void recorded(ChannelHandlerContext ctx, List<Outbound> outbound) {
    for (Outbound each : outbound) {
      Unfinished unfinished = window.get(each.packetId());
      if (unfinished == null) {
        continue;
      }
      unfinished.recorded = true;
      if (each.state() == OutboundState.RELEASED) {
        ctx.write(Replies.pubRel(each.packetId(), 0));
      }
    }
  }

  /** A PUBACK; one for nothing that is under way is ignored. */
  void acknowledged(int packetId, int code) {
    Unfinished unfinished = window.get(packetId);
    if (unfinished != null && unfinished.sent && unfinished.message.qos() == 1) {
      finish(unfinished, code < 0x80 ? Handed.ACKNOWLEDGED : Handed.REFUSED);
    }
  }

  /**
   * A PUBREC.
   *
   * @return whether its PUBREL waits until that is on disk
   */
  boolean received(ChannelHandlerContext ctx, int packetId, int code) {
    Unfinished unfinished = window.get(packetId);
    if (unfinished == null || !unfinished.sent || unfinished.message.qos() != 2) {
      if (!ctx.channel().isWritable()) {
        ctx.close(); // who knows of what is not under way, and does not read, begins anew
        return false;
      }
      ctx.writeAndFlush(Replies.pubRel(packetId, v5 ? Replies.UNKNOWN_ID : 0));
      return false;
    }
    if (code >= 0x80 && !unfinished.released) {
      finish(unfinished, Handed.REFUSED);
      return false;
    }
    boolean repeated = unfinished.released;
    unfinished.released = true;
    if (progress == null || !unfinished.message.isRecorded()) {
      ctx.writeAndFlush(Replies.pubRel(packetId, 0));
      return false;
    }
    if (!repeated) {
      progress.put(outbound(unfinished), null);
      return true;
    }
    return false;
  }

  /** A PUBCOMP. */
  void completed(int packetId) {
    Unfinished unfinished = window.get(packetId);
    if (unfinished != null && unfinished.released) {
      finish(unfinished, Handed.ACKNOWLEDGED);
    }
  }

  private void finish(Unfinished unfinished, Handed outcome) {
    window.remove(unfinished.packetId);
    underWay--;
    if (progress != null && unfinished.message.isRecorded()) {
      progress.finished(unfinished.packetId);
    }
    unfinished.message.tell(outcome);
  }

  /**
   * The connection has ended.
   *
   * @param sessionEnds whether nothing goes on with what is recorded
   */
  void close(boolean sessionEnds) {
    for (Unfinished each : window.values()) {
      boolean kept = progress != null && !sessionEnds && each.message.isRecorded();
      each.message.tell(each.sent || kept ? Handed.LOST : Handed.NOT_SENT);
    }
    window.clear();
    unsent.clear();
    for (@Nullable Outgoing each = queue.poll(); each != null; each = queue.poll()) {
      each.tell(Handed.NOT_SENT);
    }
  }
}
