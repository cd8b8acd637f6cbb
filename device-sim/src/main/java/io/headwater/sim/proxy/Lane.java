package io.headwater.sim.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.socket.SocketChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One direction of a connection that is open at both sides. Confined to the event loop. */
final class Lane {
  private static final int ROOM = 64 << 10;
  private static final int ROOM_WHILE_DELAYED = 1 << 20;

  private final Link link;
  private final Direction direction;
  private final SocketChannel from;
  private final SocketChannel to;
  private final SplittableRandom random;
  private final Runnable onEndPassed;
  private final Queue<Chunk> held = new ArrayDeque<>();
  private int heldBytes;
  private long lastDueNanos = System.nanoTime();
  private int reserved;
  private @Nullable TokenBucket reservedIn;
  private long reservedUntilNanos;
  private @Nullable Future<?> wakeUp;
  private boolean endTaken;
  private boolean closed;

  /** What was read at once; {@code last} stands for the end of the direction. */
  private record Chunk(ByteBuf bytes, boolean last, long dueNanos) {}

  Lane(
      Link link,
      Direction direction,
      SocketChannel from,
      SocketChannel to,
      SplittableRandom random,
      Runnable onEndPassed) {
    this.link = link;
    this.direction = direction;
    this.from = from;
    this.to = to;
    this.random = random;
    this.onEndPassed = onEndPassed;
  }

  void take(ByteBuf bytes) {
    if (closed) {
      bytes.release();
    } else {
      hold(bytes, false);
      pump();
    }
  }

  void takeEnd() {
    if (!closed) {
      endTaken = true;
      hold(Unpooled.EMPTY_BUFFER, true);
      pump();
    }
  }

  private void hold(ByteBuf bytes, boolean last) {
    long due = System.nanoTime() + link.conditions().drawDelayNanos(random);
    if (due - lastDueNanos > 0) {
      lastDueNanos = due; // never before what came before
    }
    Chunk chunk = new Chunk(compact(bytes), last, lastDueNanos);
    held.add(chunk);
    heldBytes += chunk.bytes.readableBytes();
  }

  /** Small messages that wait must not each occupy the room of a full read. */
  private static ByteBuf compact(ByteBuf bytes) {
    if (bytes.readableBytes() >= bytes.capacity() / 2) {
      return bytes;
    }
    ByteBuf small = bytes.copy();
    bytes.release();
    return small;
  }

  /** Passes on whatever may pass now, and reads on if there is room. */
  void pump() {
    if (closed) {
      return;
    }
    long now = System.nanoTime();
    boolean wrote = false;
    while (!held.isEmpty() && link.conditions().passes(direction) && to.isWritable()) {
      Chunk chunk = held.element();
      long waitNanos = passesAt(chunk, now) - now;
      if (waitNanos > 0) {
        wakeUpIn(waitNanos);
        break;
      }
      passOn(chunk);
      wrote = true;
    }
    if (wrote) {
      to.flush();
    }
    from.config().setAutoRead(shouldRead());
  }

  private boolean shouldRead() {
    int room = link.conditions().delays() ? ROOM_WHILE_DELAYED : ROOM;
    return !endTaken && link.conditions().passes(direction) && to.isWritable() && heldBytes < room;
  }

  private long passesAt(Chunk chunk, long now) {
    TokenBucket bucket = link.conditions().bucket(direction);
    if (bucket != reservedIn) {
      reservedIn = bucket;
      reserved = 0;
    }
    if (chunk.dueNanos - now > 0 || bucket == null || chunk.last) {
      return chunk.dueNanos;
    }
    if (reserved == 0) {
      reserved = Math.min(bucket.slice(), chunk.bytes.readableBytes());
      reservedUntilNanos = bucket.reserve(reserved, now);
    }
    return reservedUntilNanos;
  }

  private void passOn(Chunk chunk) {
    int count = reserved == 0 ? chunk.bytes.readableBytes() : reserved;
    reserved = 0;
    boolean whole = count == chunk.bytes.readableBytes();
    if (whole) {
      held.remove();
    }
    heldBytes -= count;
    link.counters().passed(direction, count);
    var written = to.write(whole ? chunk.bytes : chunk.bytes.readRetainedSlice(count));
    if (chunk.last) {
      // Only when all bytes are out: Netty drops what is still to be written.
      written.addListener(done -> {
        if (done.isSuccess()) {
          to.shutdownOutput();
          onEndPassed.run();
        }
      });
    }
  }

  private void wakeUpIn(long nanos) {
    if (wakeUp != null) {
      wakeUp.cancel(false);
    }
    wakeUp = from.eventLoop().schedule(this::pump, nanos, TimeUnit.NANOSECONDS);
  }

  /** Drops what is held; what comes from now on is swallowed. */
  void close() {
    closed = true;
    if (wakeUp != null) {
      wakeUp.cancel(false);
    }
    held.forEach(chunk -> chunk.bytes.release());
    held.clear();
  }
}
