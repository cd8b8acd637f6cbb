package io.headwater.bridge.handover;

import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.BatchHeader;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.RejectReason;
import io.headwater.uplink.StateRequest;
import io.headwater.uplink.Track;
import io.headwater.uplink.UplinkCodec;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Understands what gateways of owned lanes send, in the order of arrival, and judges their batches.
 * Confined to the hand-over's thread.
 */
final class Intake {
  private static final Logger LOGGER = LoggerFactory.getLogger(Intake.class);

  /**
   * What came of a group of messages.
   *
   * @param taken batches for the transaction, in their order
   * @param after answers to state requests: sent when the batches before them are decided
   */
  record Judged(List<Taken> taken, List<Runnable> after) {}

  private final Lanes lanes;
  private final Answers answers;
  private final Whereabouts whereabouts;
  private final DeclaredStreams declared;
  private final List<GatewayListener> listeners;
  private final BridgeMetrics metrics;
  private final Clock clock;

  Intake(
      Lanes lanes,
      Answers answers,
      DeclaredStreams declared,
      Handover.Listeners listeners,
      BridgeMetrics metrics,
      Clock clock) {
    this.lanes = lanes;
    this.answers = answers;
    this.whereabouts = listeners.whereabouts();
    this.declared = declared;
    this.listeners = listeners.gateways();
    this.metrics = metrics;
    this.clock = clock;
  }

  Judged judge(List<Inbox.Message> messages) {
    var judged = new Judged(new ArrayList<>(), new ArrayList<>());
    for (Inbox.Message message : messages) {
      if (!lanes.owns(message.topic().lane())) {
        continue; // somebody else's by now, who gets it too
      }
      try {
        judge(message, judged);
      } catch (RuntimeException e) {
        // Whatever one gateway makes of its frames, the lane goes on for the others.
        metrics.malformed(message.topic().kind());
        LOGGER
            .atError()
            .setCause(e)
            .addKeyValue("gateway", message.topic().gateway())
            .log("A message of a gateway could not be handled");
      }
    }
    return judged;
  }

  private void judge(Inbox.Message message, Judged judged) {
    String gateway = message.topic().gateway();
    switch (message.topic().kind()) {
      case STATUS -> {
        answers.heard(gateway, message.payload());
        listeners.forEach(listener -> listener.status(gateway, message.payload(), message.from()));
      }
      case STATE -> {
        whereabouts.heard(gateway, message.from());
        stateRequested(message, judged);
      }
      // In the order of arrival: a batch from before a state request must not profit from it.
      case UP -> {
        whereabouts.heard(gateway, message.from());
        metrics.received();
        batch(message).ifPresent(batch -> take(message, batch, judged));
      }
    }
  }

  private void stateRequested(Inbox.Message message, Judged judged) {
    StateRequest request;
    try {
      request = UplinkCodec.decodeStateRequest(message.payload());
    } catch (MalformedUplinkException e) {
      malformed(message, e.getMessage());
      return;
    }
    if (!request.gateway().equals(message.topic().gateway())) {
      malformed(message, "a state request of " + request.gateway());
      return;
    }
    declared.declare(request.gateway(), request.streams());
    var log = new LogId(request.gateway(), request.epoch());
    GatewayCursors cursors = lanes.remembered(log);
    cursors.touched(clock.millis());
    Answer.Verdict verdict = cursors.request(request, message.way());
    if (verdict == Answer.Verdict.COPY) {
      metrics.copy();
      LOGGER
          .atWarn()
          .addKeyValue("gateway", request.gateway())
          .addKeyValue("epoch", Long.toHexString(request.epoch()))
          .log("A gateway's log is a copy or a restored image: it goes on under a new epoch");
    }
    // Told as it is then: what the running transaction writes may come to nothing.
    judged
        .after()
        .add(() ->
            answers.stateRequested(
                message.from(),
                log,
                verdict,
                verdict == Answer.Verdict.COPY ? cursors.common(request) : cursors.settled()));
  }

  private void malformed(Inbox.Message message, @org.jspecify.annotations.Nullable String why) {
    metrics.malformed(message.topic().kind());
    LOGGER
        .atWarn()
        .addKeyValue("gateway", message.topic().gateway())
        .addKeyValue("error", why)
        .log("A message of a gateway is not understood");
  }

  /** Its batch; a frame that holds none is answered as far as it says what it wanted to be. */
  private Optional<Batch> batch(Inbox.Message message) {
    Batch batch = message.batch();
    if (batch != null && batch.gateway().equals(message.topic().gateway())) {
      return Optional.of(batch);
    }
    MalformedUplinkException cause = message.malformed();
    String why = cause != null ? cause.getMessage() : "the frame is of another gateway";
    malformed(message, why);
    Optional<BatchHeader> header = UplinkCodec.header(message.payload());
    if (header.isPresent() && header.get().gateway().equals(message.topic().gateway())) {
      RejectReason reason = RejectReason.CORRUPT;
      if (cause != null && cause.isUnknownVersion()) {
        reason = RejectReason.VERSION;
      } else if (header.get().blockLength() > UplinkCodec.LARGEST_BLOCK) {
        reason = RejectReason.TOO_LARGE;
      }
      answers.refuse(message.from(), header.get(), reason, String.valueOf(why));
    }
    return Optional.empty();
  }

  private void take(Inbox.Message message, Batch batch, Judged judged) {
    if (isReserved(batch.partition().stream())) {
      answers.refuse(
          message.from(), batch, RejectReason.NOT_ALLOWED, "the stream's name is reserved");
    } else if (batch.track() == Track.REFETCH) {
      answers.refuse(
          message.from(), batch, RejectReason.NOT_ALLOWED, "nobody has asked for a refetch");
    } else {
      GatewayCursors cursors = lanes.cursors(LogId.of(batch));
      cursors.touched(clock.millis());
      judged
          .taken()
          .add(new Taken(batch, message.from(), message.way(), cursors.take(batch, message.way())));
    }
  }

  /** The hub's own topics and Headwater's: what is written there is believed. */
  private static boolean isReserved(String stream) {
    return stream.startsWith("headwater-") || stream.startsWith("__");
  }
}
