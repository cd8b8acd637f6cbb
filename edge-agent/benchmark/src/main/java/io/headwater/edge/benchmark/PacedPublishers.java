package io.headwater.edge.benchmark;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;

/**
 * Publishes at a fixed rate, whatever the broker does. The payload begins with the time at which
 * the message was due; latencies count from it. Confined to the event loop, but for {@link #run}.
 */
final class PacedPublishers {
  private static final int IDS = 0x10000;
  private static final long TICK_MICROS = 500;

  private final Clients clients;
  private final int perSecond;
  private final byte[] rest;
  private final IntFunction<String> topics;
  private final List<One> all = new ArrayList<>();
  private final Histogram took = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
  private long start;
  private long sent;
  private long answered;

  /**
   * @param bytes of the payload
   * @param topics of each message by its number
   */
  PacedPublishers(Clients clients, int perSecond, int bytes, IntFunction<String> topics) {
    this.clients = clients;
    this.perSecond = perSecond;
    this.rest = new byte[bytes - Long.BYTES];
    Arrays.fill(rest, (byte) 'x');
    this.topics = topics;
  }

  private final class One implements Connection.Use {
    private final long[] due = new long[IDS];
    private int packetId;

    void send(Channel channel, long dueNanos, byte[] topic) {
      packetId = packetId % (IDS - 1) + 1;
      due[packetId] = dueNanos;
      ByteBuf out = channel.alloc().buffer(rest.length + topic.length + 20);
      Connection.publish(out, packetId, topic, dueNanos, rest);
      channel.write(out, channel.voidPromise());
    }

    @Override
    public void acknowledged(Connection connection, int id) {
      took.recordValue(System.nanoTime() - due[id]);
      answered++;
    }
  }

  /**
   * Publishes for some time, and waits for what is not acknowledged.
   *
   * @return how long PUBACKs took, in nanoseconds
   */
  Histogram run(int port, int connections, int seconds) throws IOException, InterruptedException {
    var open = new ArrayList<Clients.Open>();
    try {
      for (int i = 0; i < connections; i++) {
        var one = new One();
        all.add(one);
        open.add(clients.connect(port, "paced-" + i, true, one));
      }
      long total = (long) perSecond * seconds;
      start = System.nanoTime();
      ScheduledFuture<?> ticks =
          clients
              .loop()
              .scheduleAtFixedRate(() -> tick(open, total), 0, TICK_MICROS, TimeUnit.MICROSECONDS);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds + 20);
      while (clients.loop().submit(() -> answered).syncUninterruptibly().getNow() < total) {
        if (System.nanoTime() - end > 0) {
          throw new IOException("unacknowledged after 20 s: " + (total - answered));
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
      ticks.cancel(false);
      return took;
    } finally {
      open.forEach(Clients.Open::close);
    }
  }

  private void tick(List<Clients.Open> open, long total) {
    long due = Math.min(total, (System.nanoTime() - start) / 1_000 * perSecond / 1_000_000);
    int behind = 0;
    for (; sent < due; sent++) {
      int index = (int) (sent % all.size());
      byte[] topic = topics.apply((int) sent).getBytes(StandardCharsets.UTF_8);
      all.get(index)
          .send(open.get(index).channel(), start + sent * 1_000_000_000L / perSecond, topic);
      behind++;
    }
    if (behind > 0) {
      open.forEach(each -> each.channel().flush());
    }
  }
}
