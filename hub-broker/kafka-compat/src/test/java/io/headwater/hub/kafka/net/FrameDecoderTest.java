package io.headwater.hub.kafka.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headwater.testsupport.Seed;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.CorruptedFrameException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class FrameDecoderTest {
  private static final int LONGEST = 1_000;
  private static final int MEMORY = 1_500;

  private final RequestMemory memory = new RequestMemory(MEMORY);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final NetMetrics metrics = new NetMetrics(registry);

  private ReadGate gate() {
    return new ReadGate(metrics);
  }

  private double paused() {
    return registry.get("hub.net.paused").tag("reason", "memory").gauge().value();
  }

  private FrameDecoder decoder() {
    return new FrameDecoder(LONGEST, memory, gate());
  }

  private static ByteBuf frame(int length) {
    return Unpooled.buffer().writeInt(length).writeZero(length);
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 7, LONGEST + 1, 0x47455420, Integer.MAX_VALUE})
  void refusesLengthsThatNoRequestHas(int length) {
    var channel = new EmbeddedChannel(decoder());
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
    var channel = new EmbeddedChannel(decoder());

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
      var channel =
          new EmbeddedChannel(new FrameDecoder(LONGEST, new RequestMemory(Long.MAX_VALUE), gate()));
      while (stream.isReadable()) {
        int next = 1 + random.nextInt(Math.min(40, stream.readableBytes()));
        channel.writeInbound(stream.readBytes(next));
      }
      stream.release();

      assertThat(drain(channel)).as("%s", seed).containsExactlyElementsOf(sent);
    }
  }

  @Test
  void readsNoFurtherWhileRequestsTakeAllOfTheMemory() {
    var first = new EmbeddedChannel(decoder());
    var second = new EmbeddedChannel(decoder());

    first.writeInbound(frame(900));
    second.writeInbound(frame(900), frame(100));

    ByteBuf held = first.readInbound();
    assertThat(held.readableBytes()).isEqualTo(900);
    assertThat(second.<ByteBuf>readInbound()).isNull();
    assertThat(second.config().isAutoRead()).isFalse();
    assertThat(paused()).isEqualTo(1);
    assertThat(memory.waitingCount()).isEqualTo(1);

    memory.giveBack(900); // the first has been answered
    held.release();
    second.runPendingTasks();
    assertThat(drain(second)).extracting(bytes -> bytes.length).containsExactly(900, 100);
    assertThat(second.config().isAutoRead()).isTrue();
    assertThat(paused()).isZero();
    assertThat(registry.get("hub.net.pause").tag("reason", "memory").timer().count()).isOne();
    assertThat(memory.used()).isEqualTo(1_000);
  }

  private static ByteBuf request(ApiKeys key) {
    return Unpooled.buffer().writeInt(10).writeShort(key.id).writeZero(8);
  }

  /** A single read has brought all of them. */
  @Test
  void whatHasArrivedIsCutOnlyAsFarAsTheGateAdmitsIt() {
    ReadGate gate = gate();
    var channel = new EmbeddedChannel(new FrameDecoder(LONGEST, memory, gate));
    gate.set(channel, ReadGate.Reason.IN_FLIGHT, true);
    channel.writeInbound(
        Unpooled.wrappedBuffer(
            request(ApiKeys.PRODUCE), request(ApiKeys.METADATA), request(ApiKeys.PRODUCE)));
    assertThat(drain(channel)).as("an append, and nothing gets past the next").hasSize(1);
    assertThat(memory.used()).as("what waits has taken nothing").isEqualTo(10);

    gate.set(channel, ReadGate.Reason.OUTBOUND, true);
    gate.set(channel, ReadGate.Reason.IN_FLIGHT, false);
    channel.runPendingTasks();
    assertThat(drain(channel)).isEmpty();
    gate.set(channel, ReadGate.Reason.IN_FLIGHT, true);
    gate.set(channel, ReadGate.Reason.OUTBOUND, false);
    channel.runPendingTasks();
    assertThat(drain(channel)).isEmpty();

    gate.set(channel, ReadGate.Reason.IN_FLIGHT, false);
    channel.runPendingTasks();

    assertThat(drain(channel)).hasSize(2);
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void appendsWaitTooWhileTheClientDoesNotTakeItsAnswers() {
    ReadGate gate = gate();
    var channel = new EmbeddedChannel(new FrameDecoder(LONGEST, memory, gate));
    gate.set(channel, ReadGate.Reason.OUTBOUND, true);
    ByteBuf arrived = request(ApiKeys.PRODUCE);

    channel.writeInbound(arrived);

    assertThat(drain(channel)).isEmpty();
    channel.close();
    gate.set(channel, ReadGate.Reason.OUTBOUND, false);
    channel.runPendingTasks();
    assertThat(drain(channel)).as("it is closed").isEmpty();
    assertThat(arrived.refCnt()).isZero();
    assertThat(memory.used()).isZero();
  }

  @Test
  void givesBackWhatAConnectionThatEndsHadTakenOrWaitedFor() {
    var partial = new EmbeddedChannel(decoder());
    partial.writeInbound(frame(900).writerIndex(50));
    assertThat(memory.used()).isEqualTo(900);
    var waiting = new EmbeddedChannel(decoder());
    waiting.writeInbound(frame(900));
    assertThat(memory.waitingCount()).isEqualTo(1);
    var small = new EmbeddedChannel(decoder());
    small.writeInbound(frame(100));
    assertThat(drain(small)).as("not held up by the large ones").hasSize(1);

    waiting.close();
    partial.close();
    assertThat(memory.used()).isEqualTo(100);
    assertThat(memory.waitingCount()).isZero();
  }

  @Test
  void endsAConnectionWhoseFrameTakesFarTooLong() {
    var channel = new EmbeddedChannel(decoder());
    channel.freezeTime();
    channel.writeInbound(frame(900).writerIndex(899));
    channel.advanceTimeBy(29, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    channel.checkException();

    channel.advanceTimeBy(2, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();

    assertThatThrownBy(channel::checkException)
        .isInstanceOf(CorruptedFrameException.class)
        .hasMessage("a frame of 900 bytes did not arrive in time");
    channel.close();
    assertThat(memory.used()).isZero();
  }

  @Test
  void takesLargeFramesForRecordsOnly() {
    int large = FrameDecoder.LONGEST_WITHOUT_RECORDS + 1;
    var channel = new EmbeddedChannel(new FrameDecoder(2 * large, memory, gate()));
    short metadata = ApiKeys.METADATA.id;
    assertThatThrownBy(
            () -> channel.writeInbound(Unpooled.buffer().writeInt(large).writeShort(metadata)))
        .isInstanceOf(CorruptedFrameException.class)
        .hasMessage(
            "frame length "
                + large
                + " is not between 8 and "
                + FrameDecoder.LONGEST_WITHOUT_RECORDS);
    // Produce is the API 0.
    new EmbeddedChannel(new FrameDecoder(2 * large, memory, gate()))
        .writeInbound(Unpooled.buffer().writeInt(large).writeShort(0));
    assertThat(memory.used()).as("one alone always fits").isEqualTo(large);
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
