package io.headwater.bridge.handover;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.process.Threads;
import io.headwater.uplink.Batch;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.UplinkCodec;
import io.headwater.uplink.UplinkTopics;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What has arrived and waits for the hand-over, bounded in bytes. Thread-safe.
 *
 * <p>Its own thread, {@code bridge-unpack-0}, unpacks batches while the hand-over waits for a
 * commit, as many ahead as one transaction takes, in the order of arrival.
 */
public final class Inbox implements AutoCloseable {
  /** Unpacked bytes are counted in these, as a semaphore counts no further than an int. */
  private static final int UNIT = 1024;

  private static final int OVERHEAD = 256;
  private static final int AHEAD = (2 * UplinkCodec.LARGEST_BLOCK) / UNIT;

  /**
   * A message and the broker by which it came: the answer goes back there.
   *
   * @param way by which it came here
   * @param batch unpacked, if it is one
   * @param malformed why it could not be unpacked
   * @param size of it unpacked, in bytes
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Message(
      BrokerClient from,
      Way way,
      UplinkTopics.Inbound topic,
      byte[] payload,
      @Nullable Batch batch,
      @Nullable MalformedUplinkException malformed,
      int size) {}

  private final LinkedBlockingQueue<Message> arrived = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<Message> unpacked = new LinkedBlockingQueue<>();
  private final Semaphore room = new Semaphore(AHEAD);
  private final AtomicLong bytes = new AtomicLong();
  private final Losses losses = new Losses();
  private final long mostBytes;
  private final BridgeMetrics metrics;
  private final Thread unpacker;
  private volatile boolean closing;

  public Inbox(long mostBytes, BridgeMetrics metrics) {
    this.mostBytes = mostBytes;
    this.metrics = metrics;
    metrics.queue(bytes);
    this.unpacker = Threads.start("bridge-unpack-0", this::run);
  }

  /** Takes a message, or drops it if memory is used up: its gateway sends it again. */
  public void received(BrokerClient from, UplinkTopics.Inbound topic, byte[] payload) {
    if (bytes.addAndGet(held(payload)) > mostBytes) {
      bytes.addAndGet(-held(payload));
      metrics.dropped();
      losses.of(topic.gateway());
      return;
    }
    var way = new Way(from.name(), from.connection(), losses.last(topic.gateway()));
    arrived.add(new Message(from, way, topic, payload, null, null, 0));
  }

  /** What a message takes, also an empty one. */
  private static long held(byte[] payload) {
    return OVERHEAD + (long) payload.length;
  }

  private void run() {
    try {
      while (!closing) {
        Message message = arrived.poll(200, TimeUnit.MILLISECONDS);
        if (message != null) {
          int size = size(message);
          room.acquire(units(size));
          unpacked.add(unpack(message, size));
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static int units(int size) {
    return Math.clamp(size / UNIT, 1, AHEAD);
  }

  private static int size(Message message) {
    return message.topic().kind() == UplinkTopics.Kind.UP
        ? UplinkCodec.header(message.payload())
            .map(header -> Math.clamp(header.blockLength(), 0, UplinkCodec.LARGEST_BLOCK))
            .orElse(message.payload().length)
        : message.payload().length;
  }

  private static Message unpack(Message message, int size) {
    Batch batch = null;
    MalformedUplinkException malformed = null;
    if (message.topic().kind() == UplinkTopics.Kind.UP) {
      try {
        batch = UplinkCodec.decodeBatch(message.payload());
      } catch (MalformedUplinkException e) {
        malformed = e;
      } catch (RuntimeException e) {
        malformed = new MalformedUplinkException("cannot be read: " + e);
      }
    }
    return new Message(
        message.from(), message.way(), message.topic(), message.payload(), batch, malformed, size);
  }

  /** What is there, up to a number of bytes unpacked; waits for the first. */
  List<Message> take(long waitMillis, long groupBytes) throws InterruptedException {
    var group = new ArrayList<Message>();
    Message next = unpacked.poll(waitMillis, TimeUnit.MILLISECONDS);
    long taken = 0;
    while (next != null) {
      group.add(next);
      taken += next.size();
      bytes.addAndGet(-held(next.payload()));
      room.release(units(next.size()));
      next = taken < groupBytes ? pollOrNull() : null;
    }
    return group;
  }

  private @Nullable Message pollOrNull() {
    return unpacked.poll();
  }

  @Override
  public void close() {
    closing = true;
    unpacker.interrupt();
  }
}
