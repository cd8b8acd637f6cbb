package io.headwater.edge.mqtt;

import io.headwater.edge.mqtt.LocalDelivery.Handed;
import io.headwater.edge.mqtt.LocalDelivery.Message;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What goes to one subscriber: a window of unacknowledged messages, and a bounded queue behind it.
 * Confined to the connection's event loop.
 */
final class Outbox {
  private static final int MOST_QUEUED = 1000;
  private static final int MOST_QUEUED_BYTES = 1 << 20;
  private static final int LARGEST_ID = 65_535;

  private final MqttMetrics metrics;
  private final Map<Integer, Message> window = new HashMap<>();
  private final Deque<Message> queue = new ArrayDeque<>();
  private int queuedBytes;
  private int lastId;
  private int windowSize = 100;
  private int largestPacket = Integer.MAX_VALUE;
  private boolean v5;

  Outbox(MqttMetrics metrics) {
    this.metrics = metrics;
  }

  /** What an MQTT 5 client said of itself. */
  void limits(MqttProperties properties) {
    v5 = true;
    if (properties.getProperty(MqttProperties.RECEIVE_MAXIMUM)
        instanceof MqttProperties.IntegerProperty maximum) {
      windowSize = Math.clamp(maximum.value(), 1, 100);
    }
    if (properties.getProperty(MqttProperties.MAXIMUM_PACKET_SIZE)
        instanceof MqttProperties.IntegerProperty maximum) {
      largestPacket = maximum.value();
    }
  }

  void deliver(ChannelHandlerContext ctx, Message message, int qos) {
    if (message.payload().length + message.topic().length() + 64L > largestPacket) {
      drop(message, "larger-than-client-takes");
    } else if (qos == 0) {
      if (ctx.channel().isWritable()) {
        ctx.writeAndFlush(packet(message, qos, 0));
        tell(message, Handed.SENT);
      } else {
        drop(message, "slow-subscriber");
      }
    } else if (window.size() < windowSize && ctx.channel().isWritable() && queue.isEmpty()) {
      send(ctx, message);
    } else if (queue.size() < MOST_QUEUED
        && queuedBytes + message.payload().length <= MOST_QUEUED_BYTES) {
      queue.add(message);
      queuedBytes += message.payload().length;
    } else {
      drop(message, "slow-subscriber");
    }
  }

  private void drop(Message message, String reason) {
    metrics.dropped(reason);
    tell(message, Handed.NOT_SENT);
  }

  private static void tell(Message message, Handed outcome) {
    if (message.handed() != null) {
      message.handed().accept(outcome);
    }
  }

  private void send(ChannelHandlerContext ctx, Message message) {
    do {
      lastId = lastId % LARGEST_ID + 1;
    } while (window.containsKey(lastId));
    window.put(lastId, message);
    ctx.writeAndFlush(packet(message, 1, lastId));
  }

  private MqttPublishMessage packet(Message message, int qos, int id) {
    MqttProperties properties = MqttProperties.NO_PROPERTIES;
    if (v5 && message.responseTopic() != null && message.correlation() != null) {
      properties = new MqttProperties();
      properties.add(
          new MqttProperties.StringProperty(
              MqttProperties.RESPONSE_TOPIC, message.responseTopic()));
      properties.add(
          new MqttProperties.BinaryProperty(
              MqttProperties.CORRELATION_DATA, message.correlation()));
    }
    metrics.delivered();
    return new MqttPublishMessage(
        new MqttFixedHeader(
            MqttMessageType.PUBLISH, false, MqttQoS.valueOf(qos), message.retained(), 0),
        new MqttPublishVariableHeader(message.topic(), id, properties),
        Unpooled.wrappedBuffer(message.payload()));
  }

  /** A PUBACK; one for nothing that is under way is ignored. */
  void acknowledged(ChannelHandlerContext ctx, int id, int code) {
    Message message = window.remove(id);
    if (message != null) {
      tell(message, code < 0x80 ? Handed.ACKNOWLEDGED : Handed.REFUSED);
    }
    goOn(ctx);
  }

  /** The window or the channel has room again. */
  void goOn(ChannelHandlerContext ctx) {
    while (!queue.isEmpty() && window.size() < windowSize && ctx.channel().isWritable()) {
      Message next = queue.removeFirst();
      queuedBytes -= next.payload().length;
      send(ctx, next);
    }
  }

  /** The connection has ended. */
  void close() {
    window.values().forEach(message -> tell(message, Handed.LOST));
    window.clear();
    for (@Nullable Message message = queue.poll(); message != null; message = queue.poll()) {
      tell(message, Handed.NOT_SENT);
    }
  }
}
