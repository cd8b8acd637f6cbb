package io.headwater.edge.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 10, unit = TimeUnit.SECONDS)
class AckQueueTest {
  private final AckQueue acks = new AckQueue();
  private final ChannelInboundHandlerAdapter handler = new ChannelInboundHandlerAdapter();
  private final EmbeddedChannel channel = new EmbeddedChannel(handler);
  private final ChannelHandlerContext ctx = channel.pipeline().context(handler);

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private void writable(boolean writable) {
    Objects.requireNonNull(channel.unsafe().outboundBuffer())
        .setUserDefinedWritability(1, writable);
  }

  private List<MqttMessageType> sent() {
    var sent = new ArrayList<MqttMessageType>();
    for (MqttMessage next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
      sent.add(next.fixedHeader().messageType());
    }
    return sent;
  }

  /** Otherwise a client that does not read fills the memory with its answers. */
  @Test
  void answersWaitHereWhileTheClientDoesNotTakeThem() {
    writable(false);
    for (int i = 1; i <= 3; i++) {
      acks.complete(acks.add(), Replies.pubRel(i, 0));
      acks.owePing();
    }

    assertThat(acks.drain(ctx, true)).isTrue();
    assertThat(sent()).isEmpty();
    assertThat(acks.size()).isEqualTo(3);

    writable(true);
    assertThat(acks.drain(ctx, true)).isTrue();
    assertThat(sent())
        .containsExactly(
            MqttMessageType.PINGRESP,
            MqttMessageType.PINGRESP,
            MqttMessageType.PINGRESP,
            MqttMessageType.PUBREL,
            MqttMessageType.PUBREL,
            MqttMessageType.PUBREL);
    assertThat(acks.size()).isZero();
  }

  /** As a connection does: what is written fills the channel, and emptying it asks for more. */
  @Test
  void eachAnswerIsSentOnceAndInOrderWhateverTheirWritingSetsOff() {
    var packets = new ArrayList<Integer>();
    var goesOn =
        new ChannelInboundHandlerAdapter() {
          @Override
          public void channelWritabilityChanged(ChannelHandlerContext changed) {
            if (changed.channel().isWritable()) {
              acks.drain(changed, true);
            } else {
              changed.flush();
            }
          }
        };
    var small = new EmbeddedChannel(goesOn);
    small.config().setWriteBufferWaterMark(new WriteBufferWaterMark(1, 8));
    for (int i = 1; i <= 5; i++) {
      acks.complete(acks.add(), Replies.pubRel(i, 0));
    }

    assertThat(acks.drain(small.pipeline().context(goesOn), true)).isTrue();

    for (MqttMessage next = small.readOutbound(); next != null; next = small.readOutbound()) {
      packets.add(((MqttMessageIdVariableHeader) next.variableHeader()).messageId());
    }
    assertThat(packets).containsExactly(1, 2, 3, 4, 5);
    assertThat(acks.size()).isZero();
    small.finishAndReleaseAll();
  }

  /** The session goes on when all that was read is handed over, whether it was told or not. */
  @Test
  void nothingWaitsForAClientThatIsGone() {
    writable(false);
    acks.complete(acks.add(), Replies.pubRel(1, 0));

    assertThat(acks.drain(ctx, false)).isTrue();

    assertThat(acks.size()).isZero();
  }
}
