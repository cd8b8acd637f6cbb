package io.headwater.hub.kafka.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.testsupport.Seed;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.CorruptedFrameException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class FrameDecoderTest {
  private static final int LONGEST = 1_000;

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 7, LONGEST + 1, 0x47455420, Integer.MAX_VALUE})
  void refusesLengthsThatNoRequestHas(int length) {
    var channel = new EmbeddedChannel(new FrameDecoder(LONGEST));
    ByteBuf bytes = Unpooled.buffer().writeInt(length).writeZero(100);

    assertThatThrownBy(() -> channel.writeInbound(bytes))
        .isInstanceOf(CorruptedFrameException.class)
        .hasMessage("frame length " + length + " is not between 8 and " + LONGEST);
    assertThat(bytes.refCnt()).isZero();
    assertThat(channel.finish()).as("nothing came out").isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {8, LONGEST})
  void takesTheShortestAndTheLongest(int length) {
    var channel = new EmbeddedChannel(new FrameDecoder(LONGEST));

    channel.writeInbound(Unpooled.buffer().writeInt(length).writeZero(length));

    ByteBuf frame = channel.readInbound();
    assertThat(frame.readableBytes()).isEqualTo(length);
    frame.release();
    assertThat(channel.finish()).isFalse();
  }

  @Test
  void cutsTheSameFramesHoweverTheStreamIsSplit() {
    Seed seed = Seed.next();
    var random = seed.random();
    for (int run = 0; run < 200; run++) {
      var sent = new ArrayList<byte[]>();
      ByteBuf stream = Unpooled.buffer();
      for (int i = 0; i < 5; i++) {
        byte[] frame = new byte[8 + random.nextInt(60)];
        random.nextBytes(frame);
        sent.add(frame);
        stream.writeInt(frame.length).writeBytes(frame);
      }
      var channel = new EmbeddedChannel(new FrameDecoder(LONGEST));
      while (stream.isReadable()) {
        int next = 1 + random.nextInt(Math.min(40, stream.readableBytes()));
        channel.writeInbound(stream.readBytes(next));
      }
      stream.release();

      assertThat(drain(channel)).as("%s", seed).containsExactlyElementsOf(sent);
    }
  }

  private static List<byte[]> drain(EmbeddedChannel channel) {
    var frames = new ArrayList<byte[]>();
    for (ByteBuf frame = channel.readInbound(); frame != null; frame = channel.readInbound()) {
      frames.add(ByteBufUtil.getBytes(frame));
      frame.release();
    }
    return frames;
  }
}
