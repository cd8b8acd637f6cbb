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
    while (goOn && !slots.isEmpty()) {
      Slot slot = slots.getFirst();
      if (slot.closeInstead) {
        goOn = !send; // what was acknowledged before it must not come again
      } else if (slot.reply == null) {
        break;
      } else if (send) {
        ctx.write(slot.reply);
        wrote = true;
      }
      slots.removeFirst();
    }
    if (wrote) {
      ctx.flush();
    }
    return goOn;
  }
}
