package io.headwater.edge.down;

import io.headwater.uplink.CommandOutcome;
import org.jspecify.annotations.Nullable;

/**
 * A command as the agent remembers it.
 *
 * @param seq order in which they came
 * @param expiresMs by the bridges' clock; forgotten some time after it
 * @param payload empty once it is done
 * @param outcome once it is done
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record StoredCommand(
    long seq,
    String id,
    String device,
    boolean answerWanted,
    long expiresMs,
    byte[] payload,
    State state,
    @Nullable CommandOutcome outcome,
    String detail,
    byte @Nullable [] answer) {
  /** How far it is. The ordinals are the file's. */
  enum State {
    /** Not handed to the device. */
    TAKEN,
    /** Perhaps handed to the device: on disk before it is. */
    HANDED,
    /** Acknowledged; the device's answer is waited for. */
    ACKNOWLEDGED,
    /** Has an outcome. */
    DONE
  }

  StoredCommand in(State next) {
    return new StoredCommand(
        seq, id, device, answerWanted, expiresMs, payload, next, outcome, detail, answer);
  }

  StoredCommand done(CommandOutcome what, String why, byte @Nullable [] reply) {
    return new StoredCommand(
        seq, id, device, answerWanted, expiresMs, new byte[0], State.DONE, what, why, reply);
  }
}
