package io.headwater.sim.fleet;

import io.headwater.sim.judge.Ledger;
import io.headwater.sim.reading.Reading;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One simulated device: connects, publishes what its schedule asks for, publishes again what was
 * not acknowledged. Confined to its event loop.
 */
final class Device {
  private static final int KEEP_ALIVE_SECONDS = 30;
  private static final int MAX_PACKET_ID = 65_535;
  private static final int LARGEST_PACKET = 1 << 16;
  private static final long RECONNECT_FIRST_MS = 100;
  private static final long RECONNECT_MOST_MS = 2_000;

  private final String name;
  private final String topic;
  private final FleetSettings settings;
  private final Ledger.Account account;
  private final FleetCounters counters;
  private final EventLoop loop;
  private final SplittableRandom random;

  /** Published and not acknowledged, by sequence. */
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();

  private @Nullable Schedule schedule;
  private @Nullable Session session;
  private long startMs;
  private long stopNanos;
  private boolean stopping;
  private boolean closed;
  private boolean wakeUpSet;
  private long nextSequence = 1;
  private int lastPacketId;
  private long reconnectMs = RECONNECT_FIRST_MS;

  private static final class Pending {
    private final long sequence;
    private int attempt;
    private int packetId;
    private long sentNanos;

    Pending(long sequence) {
      this.sequence = sequence;
    }
  }

  Device(
      String name,
      FleetSettings settings,
      Ledger.Account account,
      FleetCounters counters,
      EventLoop loop,
      SplittableRandom random) {
    this.name = name;
    this.topic = settings.topicPrefix() + "/" + name + "/temperature";
    this.settings = settings;
    this.account = account;
    this.counters = counters;
    this.loop = loop;
    this.random = random;
  }

  EventLoop loop() {
    return loop;
  }

  void connect() {
    if (closed) {
      return;
    }
    var opening = new Session();
    session = opening;
    ChannelFuture connecting =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 5_000)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(new MqttDecoder(LARGEST_PACKET), MqttEncoder.INSTANCE, opening);
                  }
                })
            .connect(settings.broker().host(), settings.broker().port());
    connecting.addListener((ChannelFuture done) -> {
      if (!done.isSuccess()) {
        counters.connectFailure.set(String.valueOf(done.cause().getMessage()));
        lost(opening);
      }
    });
  }

  /** The schedule begins. */
  void begin(long startNanos, long startMs) {
    this.startMs = startMs;
    long interval = settings.intervalNanos();
    schedule = new Schedule(startNanos, random.nextLong(interval), interval);
    publishDue();
  }

  /** Nothing that is due later is published any more. */
  void stop(long atNanos) {
    stopping = true;
    stopNanos = atNanos;
  }

  /** Whether everything of the schedule is published and acknowledged. */
  boolean idle() {
    return pending.isEmpty()
        && (schedule == null || nextSequence > schedule.dueBy(stopping ? stopNanos : now()));
  }

  void close() {
    closed = true;
    Session open = session;
    session = null;
    if (open != null && open.context != null) {
      if (open.connected) {
        counters.connected.decrementAndGet();
        open.context.writeAndFlush(MqttMessage.DISCONNECT);
      }
      open.context.close();
    }
  }

  /** Once a second: looks for what takes too long, and keeps the connection alive. */
  void tick() {
    Session open = session;
    if (open == null || open.context == null) {
      return;
    }
    long limit = settings.acknowledgeWithin().toNanos();
    Pending oldest = pending.peekFirst();
    boolean late =
        open.connected
            ? oldest != null && now() - oldest.sentNanos > limit
            : now() - open.openedNanos > limit;
    if (late) {
      open.context.close();
    } else if (open.connected
        && now() - open.writtenNanos > TimeUnit.SECONDS.toNanos(KEEP_ALIVE_SECONDS / 2)) {
      open.writtenNanos = now();
      open.context.writeAndFlush(MqttMessage.PINGREQ);
    }
  }

  private void connected(Session opened) {
    opened.connected = true;
    reconnectMs = RECONNECT_FIRST_MS;
    counters.connected.incrementAndGet();
    for (Pending again : pending) {
      publish(opened, again);
    }
    opened.flush();
    publishDue();
  }

  private void publishDue() {
    Session open = session;
    if (open == null || !open.connected || schedule == null) {
      return;
    }
    long now = now();
    long due = schedule.dueBy(stopping ? Math.min(now, stopNanos) : now);
    boolean wrote = false;
    while (nextSequence <= due && pending.size() < settings.window()) {
      var reading = new Pending(nextSequence++);
      pending.addLast(reading);
      publish(open, reading);
      wrote = true;
    }
    if (wrote) {
      open.flush();
    }
    if (!wakeUpSet && !stopping && nextSequence > due) {
      wakeUpSet = true;
      loop.schedule(
          () -> {
            wakeUpSet = false;
            publishDue();
          },
          Math.max(0, schedule.dueNanos(nextSequence) - now),
          TimeUnit.NANOSECONDS);
    }
  }

  private void publish(Session open, Pending reading) {
    reading.attempt++;
    reading.packetId = lastPacketId = lastPacketId % MAX_PACKET_ID + 1;
    reading.sentNanos = now();
    account.published(reading.sequence, reading.attempt);
    byte[] payload =
        new Reading(
                name,
                reading.sequence,
                reading.attempt,
                schedule == null
                    ? 0
                    : startMs
                        + (schedule.dueNanos(reading.sequence) - schedule.startNanos()) / 1_000_000,
                temperature(reading.sequence))
            .encode();
    open.write(
        new MqttPublishMessage(
            new MqttFixedHeader(MqttMessageType.PUBLISH, false, MqttQoS.AT_LEAST_ONCE, false, 0),
            new MqttPublishVariableHeader(topic, reading.packetId),
            Unpooled.wrappedBuffer(payload)));
  }

  private void acknowledged(int packetId) {
    for (Iterator<Pending> it = pending.iterator(); it.hasNext(); ) {
      Pending reading = it.next();
      if (reading.packetId == packetId) {
        it.remove();
        account.acknowledged(reading.sequence, reading.attempt);
        if (schedule != null) {
          counters.acknowledgedAfter(now() - schedule.dueNanos(reading.sequence));
        }
        publishDue();
        return;
      }
    }
  }

  /** A connection ended or was never made; what it owes is published again on the next. */
  private void lost(Session ended) {
    if (session != ended) {
      return; // an earlier one, or the device is closed
    }
    session = null;
    if (ended.connected) {
      counters.connected.decrementAndGet();
      counters.connectionsLost.increment();
    }
    if (!closed) {
      long wait = reconnectMs / 2 + random.nextLong(reconnectMs / 2 + 1);
      reconnectMs = Math.min(RECONNECT_MOST_MS, reconnectMs * 2);
      loop.schedule(this::connect, wait, TimeUnit.MILLISECONDS);
    }
  }

  /** A day's wave around 21 °C with some noise, two decimals. */
  private String temperature(long sequence) {
    long hundredths =
        2100 + Math.round(300 * Math.sin(sequence / 200.0)) + Math.floorMod(sequence * 7919, 41);
    long fraction = hundredths % 100;
    return hundredths / 100 + (fraction < 10 ? ".0" : ".") + fraction;
  }

  private static long now() {
    return System.nanoTime();
  }

  /** One connection. */
  private final class Session extends SimpleChannelInboundHandler<MqttMessage> {
    private @Nullable ChannelHandlerContext context;
    private boolean connected;
    private final long openedNanos = now();
    private long writtenNanos = openedNanos;

    Session() {
      super(MqttMessage.class);
    }

    void write(MqttMessage message) {
      if (context != null) {
        writtenNanos = now();
        context.write(message, context.voidPromise());
      }
    }

    void flush() {
      if (context != null) {
        context.flush();
      }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      context = ctx;
      ctx.writeAndFlush(
          MqttMessageBuilders.connect()
              .protocolVersion(MqttVersion.MQTT_3_1_1)
              .clientId(name)
              .cleanSession(true)
              .keepAlive(KEEP_ALIVE_SECONDS)
              .build());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, MqttMessage message) {
      if (message.decoderResult().isFailure() || session != this) {
        ctx.close();
        return;
      }
      switch (message.fixedHeader().messageType()) {
        case CONNACK -> {
          MqttConnectReturnCode code =
              ((MqttConnAckMessage) message).variableHeader().connectReturnCode();
          if (code == MqttConnectReturnCode.CONNECTION_ACCEPTED) {
            connected(this);
          } else {
            counters.connectFailure.set("the broker answered " + code);
            ctx.close();
          }
        }
        case PUBACK ->
            acknowledged(((MqttMessageIdVariableHeader) message.variableHeader()).messageId());
        default -> {
          // PINGRESP; nothing else concerns a device that only publishes.
        }
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      lost(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close(); // a reset connection; channelInactive follows
    }
  }
}
