package io.headwater.edge.benchmark;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * Publishes as quickly as it is acknowledged, with a window of unacknowledged messages. The payload
 * begins with the message's number. Confined to the event loop, but for {@link #acknowledged()}.
 */
final class WindowPublisher implements Connection.Use {
  private static final int IDS = 0x10000;

  private final byte[] topic;
  private final byte[] rest;
  private final int window;
  private final long firstNumber;
  private final Histogram took;
  private final long[] sentNanos = new long[IDS];
  private final long[] numbers = new long[IDS];
  private final BitSet known = new BitSet();
  private final AtomicLong acknowledged = new AtomicLong();
  private int packetId;
  private long next;
  private int unanswered;
  private int answered;
  private boolean ending;

  /**
   * @param bytes of the payload
   * @param took how long PUBACKs took, in nanoseconds; of the event loop
   */
  WindowPublisher(String topic, int bytes, int window, long firstNumber, Histogram took) {
    this.topic = topic.getBytes(StandardCharsets.UTF_8);
    this.rest = new byte[bytes - Long.BYTES];
    Arrays.fill(rest, (byte) 'x');
    this.window = window;
    this.firstNumber = firstNumber;
    this.took = took;
  }

  /** Sends until the window is full. */
  void fill(Channel channel) {
    int room = window - unanswered;
    if (ending || room <= 0) {
      return;
    }
    ByteBuf out = channel.alloc().buffer(room * (rest.length + topic.length + 20));
    long now = System.nanoTime();
    for (int i = 0; i < room; i++) {
      packetId = packetId % (IDS - 1) + 1;
      sentNanos[packetId] = now;
      numbers[packetId] = next;
      Connection.publish(out, packetId, topic, firstNumber + next, rest);
      next++;
    }
    unanswered += room;
    channel.writeAndFlush(out, channel.voidPromise());
  }

  /** Sends no more. */
  void end() {
    ending = true;
  }

  /** How many have been acknowledged. */
  long acknowledged() {
    return acknowledged.get();
  }

  /** Which, counted from the first number. */
  BitSet known() {
    return known;
  }

  @Override
  public void acknowledged(Connection connection, int id) {
    took.recordValue(Math.min(System.nanoTime() - sentNanos[id], took.getHighestTrackableValue()));
    known.set((int) numbers[id]);
    unanswered--;
    answered++;
  }

  @Override
  public void handedOver(Connection connection, Channel channel) {
    acknowledged.addAndGet(answered);
    answered = 0;
    fill(channel);
  }
}
