package io.headwater.edge.mqtt;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttMessage;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The acknowledgements that are due to a client: they leave in the order of receipt, each once the
 * outcome is known. Confined to the connection's event loop.
 */
final class AckQueue {
  /** An acknowledgement that is due. */
  static final class Slot {
    private @Nullable MqttMessage reply;
    private boolean closeInstead;
  }

  private final Deque<Slot> slots = new ArrayDeque<>();
  private int pings;

  /** The next in order. */
  Slot add() {
    var slot = new Slot();
    slots.add(slot);
    return slot;
  }

  int size() {
    return slots.size();
  }

  /** What to answer; it leaves at the next {@link #drain} that reaches it. */
  void complete(Slot slot, MqttMessage reply) {
    slot.reply = reply;
  }

  /** A PINGREQ is to be answered: before the rest, which may wait for the disk. */
  void owePing() {
    pings++;
  }

  /** The connection ends in place of an answer. */
  void closeInstead(Slot slot) {
    slot.closeInstead = true;
  }

  /**
   * Sends what is complete at the head of the queue.
   *
   * @param send whether the client is still there to be told
   * @return false if the connection must end now
   */
  boolean drain(ChannelHandlerContext ctx, boolean send) {
    boolean wrote = false;
    boolean goOn = true;
    while (send && pings > 0 && ctx.channel().isWritable()) {
      pings--;
      ctx.write(Replies.PINGRESP);
      wrote = true;
    }
    // A client that does not read gets no further answers, and is soon not read any further itself.
    while (goOn && !slots.isEmpty() && (!send || ctx.channel().isWritable())) {
      Slot slot = slots.getFirst();
      MqttMessage reply = slot.reply;
      if (reply == null && !slot.closeInstead) {
        break;
      }
      slots.removeFirst(); // before the write, which may change whether there is room: back to here
      if (slot.closeInstead) {
        goOn = !send; // what was acknowledged before it must not come again
      } else if (send && reply != null) {
        ctx.write(reply);
        wrote = true;
      }
    }
    if (wrote) {
      ctx.flush();
    }
    return goOn;
  }
}
