package io.headwater.edge.mqtt;

import static io.headwater.edge.mqtt.RawClient.connect;
import static io.headwater.edge.mqtt.RawClient.packet;
import static io.headwater.edge.mqtt.RawClient.publish;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class PacketFramerTest {
  private static final int MOST = 1024;

  private final FlightBudget all = new FlightBudget(() -> 4_000);
  private final Reading reading = new Reading();
  private final List<Object> events = new ArrayList<>();
  private final EmbeddedChannel channel = channel(new Flight(all, 3_000), Duration.ofSeconds(30));

  private EmbeddedChannel channel(Flight flight, Duration timeout) {
    var framer = new PacketFramer(MOST, timeout, Duration.ofSeconds(1), flight, reading);
    var fresh =
        new EmbeddedChannel(
            framer,
            new MqttDecoder(MOST, 256, true),
            framer.decoded(),
            new ChannelInboundHandlerAdapter() {
              @Override
              public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                events.add(event);
              }
            });
    fresh.freezeTime();
    return fresh;
  }

  private List<String> read() {
    var seen = new ArrayList<String>();
    for (Object next = channel.readInbound(); next != null; next = channel.readInbound()) {
      seen.add(name((MqttMessage) next));
      ReferenceCountUtil.release(next);
    }
    return seen;
  }

  private static String name(MqttMessage message) {
    if (message.decoderResult().isFailure()) {
      return message.decoderResult().cause() instanceof TooLongFrameException
          ? "too long"
          : "malformed";
    }
    return message instanceof MqttPublishMessage publish
        ? publish.variableHeader().topicName()
        : message.fixedHeader().messageType().name();
  }

  @Test
  void packetsComeOutWholeHoweverTheyAreCut() {
    byte[] stream =
        concat(
            connect(4, "a"),
            publish(4, 1, 1, "one", "x".repeat(200)),
            publish(4, 0, 0, "two", ""),
            packet(0xc0, new byte[0]));
    for (int cut = 0; cut <= stream.length; cut++) {
      channel.writeInbound(Unpooled.copiedBuffer(Arrays.copyOf(stream, cut)));
      channel.writeInbound(Unpooled.copiedBuffer(Arrays.copyOfRange(stream, cut, stream.length)));
      assertThat(read())
          .as("cut at %s", cut)
          .containsExactly(MqttMessageType.CONNECT.name(), "one", "two", "PINGREQ");
    }
    for (byte each : stream) {
      channel.writeInbound(Unpooled.copiedBuffer(new byte[] {each}));
    }
    assertThat(read()).containsExactly("CONNECT", "one", "two", "PINGREQ");
    assertThat(all.used()).isZero();
  }

  private static byte[] concat(byte[]... parts) {
    var out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  @Test
  void largestPacketPassesAndOneMoreByteIsRefusedByItsHeader() {
    channel.writeInbound(Unpooled.copiedBuffer(connect(4, "a")));
    int room = MOST - 3 - 3; // fixed header of 3 bytes, topic "t"
    channel.writeInbound(Unpooled.copiedBuffer(publish(4, 0, 0, "t", "x".repeat(room))));
    assertThat(read()).containsExactly("CONNECT", "t");
    byte[] larger = publish(4, 0, 0, "t", "x".repeat(room + 1));
    assertThat(larger).hasSize(MOST + 1);

    channel.writeInbound(Unpooled.copiedBuffer(Arrays.copyOf(larger, 3)));

    assertThat(read()).containsExactly("too long");
    channel.writeInbound(Unpooled.copiedBuffer(publish(4, 0, 0, "t", "x")));
    assertThat(read()).as("nothing is read any more").isEmpty();
  }

  @Test
  void lengthOfFiveBytesIsMalformed() {
    channel.writeInbound(Unpooled.copiedBuffer(new byte[] {0x10, -1, -1, -1, -1, 1}));
    assertThat(read()).containsExactly("malformed");
  }

  @Test
  void wrongTypeOrFlagsAreMalformedAtTheFirstByte() {
    for (int first : new int[] {0x00, 0x0F, 0x36, 0x3F, 0x11, 0x60, 0x80, 0xA0, 0xC2, 0x47}) {
      var fresh = channel(new Flight(all, 3_000), Duration.ofSeconds(30));
      fresh.writeInbound(Unpooled.copiedBuffer(new byte[] {(byte) first}));
      MqttMessage message = fresh.readInbound();
      assertThat(message).as("%02x", first).isNotNull();
      assertThat(name(message)).isEqualTo("malformed");
      fresh.finishAndReleaseAll();
    }
  }

  @Test
  void contentThatIsLongerThanItsPacketDoesNotReachIntoTheNext() {
    channel.writeInbound(Unpooled.copiedBuffer(connect(4, "a")));
    read();
    byte[] lying = publish(4, 0, 0, "topic", "");
    lying[3] = 10; // the topic claims five bytes more than there are
    channel.writeInbound(Unpooled.copiedBuffer(lying));
    assertThat(read()).as("known without waiting for more").containsExactly("malformed");

    channel.writeInbound(Unpooled.copiedBuffer(publish(4, 0, 0, "t", "xxxx")));
    assertThat(read()).isEmpty();
  }

  @Test
  void incompletePacketTakesItsPartOfTheBytesInFlight() {
    byte[] large = publish(4, 0, 0, "t", "x".repeat(900));
    channel.writeInbound(Unpooled.copiedBuffer(Arrays.copyOf(large, 10)));
    assertThat(all.used()).isEqualTo(large.length);
    channel.writeInbound(Unpooled.copiedBuffer(Arrays.copyOfRange(large, 10, large.length)));
    assertThat(all.used()).isZero();

    channel.writeInbound(Unpooled.copiedBuffer(Arrays.copyOf(large, 10)));
    channel.close();
    assertThat(all.used()).as("after the end of the connection").isZero();
  }

  @Test
  void packetForWhichThereIsNoRoomWaitsUnreadAndIsGivenUp() {
    assertThat(all.reserve(3_900)).isTrue();
    byte[] large = publish(4, 0, 0, "t", "x".repeat(900));
    channel.writeInbound(Unpooled.copiedBuffer(Arrays.copyOf(large, 10)));
    assertThat(channel.config().isAutoRead()).isFalse();

    all.release(3_900);
    channel.advanceTimeBy(60, TimeUnit.MILLISECONDS);
    channel.runScheduledPendingTasks();
    assertThat(channel.config().isAutoRead()).as("there is room").isTrue();
    assertThat(all.used()).isEqualTo(large.length);
    assertThat(events).isEmpty();
  }

  @Test
  void packetThatDoesNotEndIsGivenUpInTime() {
    EmbeddedChannel impatient = channel(new Flight(all, 3_000), Duration.ofNanos(1));
    impatient.writeInbound(Unpooled.copiedBuffer(new byte[] {0x10}));
    impatient.advanceTimeBy(1, TimeUnit.SECONDS);
    impatient.runScheduledPendingTasks();
    assertThat(events).containsExactly(PacketFramer.Failure.PACKET_TIMEOUT);
    impatient.finishAndReleaseAll();
  }

  @Test
  void nothingOfAConnectionThatIsGoneStaysInATimer() {
    // Given
    channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {0x30, 100, 0}));
    assertThat(channel.runScheduledPendingTasks()).as("a timer runs").isPositive();

    // When
    channel.pipeline().fireChannelInactive();

    // Then
    assertThat(channel.runScheduledPendingTasks()).as("no timer is left").isEqualTo(-1);
  }
}
