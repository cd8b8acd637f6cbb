package io.headwater.bridge.handover;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.uplink.UplinkTopics;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What has arrived and waits for the hand-over, bounded in bytes. Thread-safe. */
public final class Inbox {
  /** A message and the broker by which it came: the answer goes back there. */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Message(BrokerClient from, UplinkTopics.Inbound topic, byte[] payload) {}

  private final LinkedBlockingQueue<Message> queue = new LinkedBlockingQueue<>();
  private final AtomicLong bytes = new AtomicLong();
  private final long mostBytes;
  private final BridgeMetrics metrics;

  public Inbox(long mostBytes, BridgeMetrics metrics) {
    this.mostBytes = mostBytes;
    this.metrics = metrics;
    metrics.queue(bytes);
  }

  /** Takes a message, or drops it if memory is used up: its gateway sends it again. */
  public void received(BrokerClient from, UplinkTopics.Inbound topic, byte[] payload) {
    if (bytes.addAndGet(payload.length) > mostBytes) {
      bytes.addAndGet(-payload.length);
      metrics.dropped();
      return;
    }
    queue.add(new Message(from, topic, payload));
  }

  /** What is there, up to a number of bytes; waits for the first. */
  List<Message> take(long waitMillis, long groupBytes) throws InterruptedException {
    var group = new ArrayList<Message>();
    Message next = queue.poll(waitMillis, TimeUnit.MILLISECONDS);
    long taken = 0;
    while (next != null) {
      group.add(next);
      taken += next.payload().length;
      bytes.addAndGet(-next.payload().length);
      next = taken < groupBytes ? pollOrNull() : null;
    }
    return group;
  }

  private @Nullable Message pollOrNull() {
    return queue.poll();
  }
}
