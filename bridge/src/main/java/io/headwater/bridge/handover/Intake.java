package io.headwater.bridge.handover;

import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.RejectReason;
import io.headwater.uplink.StateRequest;
import io.headwater.uplink.UplinkCodec;
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

  private final Lanes lanes;
  private final Answers answers;
  private final Whereabouts whereabouts;
  private final List<GatewayListener> listeners;
  private final BridgeMetrics metrics;

  Intake(
      Lanes lanes,
      Answers answers,
      Whereabouts whereabouts,
      List<GatewayListener> listeners,
      BridgeMetrics metrics) {
    this.lanes = lanes;
    this.answers = answers;
    this.whereabouts = whereabouts;
    this.listeners = List.copyOf(listeners);
    this.metrics = metrics;
  }

  /** The batches among the messages, judged, in their order. */
  List<Taken> judge(List<Inbox.Message> messages) {
    var taken = new ArrayList<Taken>();
    for (Inbox.Message message : messages) {
      if (!lanes.owns(message.topic().lane())) {
        continue; // somebody else's by now, who gets it too
      }
      String gateway = message.topic().gateway();
      switch (message.topic().kind()) {
        case STATUS ->
            listeners.forEach(
                listener -> listener.status(gateway, message.payload(), message.from()));
        case STATE -> {
          whereabouts.heard(gateway, message.from());
          stateRequested(message);
        }
        // In the order of arrival: a batch from before a state request must not profit from it.
        case UP -> {
          whereabouts.heard(gateway, message.from());
          batch(message).ifPresent(taken::add);
        }
      }
    }
    return taken;
  }

  private void stateRequested(Inbox.Message message) {
    try {
      StateRequest request = UplinkCodec.decodeStateRequest(message.payload());
      if (!request.gateway().equals(message.topic().gateway())) {
        throw new IllegalArgumentException("a state request of " + request.gateway());
      }
      var log = new LogId(request.gateway(), request.epoch());
      GatewayCursors cursors = lanes.cursors(log);
      Answer.Verdict verdict = cursors.request(request);
      if (verdict == Answer.Verdict.COPY) {
        LOGGER
            .atWarn()
            .addKeyValue("gateway", request.gateway())
            .log("A gateway's log is a copy or a restored image");
      }
      answers.stateRequested(message.from(), log, verdict, cursors.settled());
    } catch (MalformedUplinkException | IllegalArgumentException e) {
      malformed(message, e);
    }
  }

  private void malformed(Inbox.Message message, Exception e) {
    metrics.rejected(RejectReason.CORRUPT.text());
    LOGGER
        .atWarn()
        .addKeyValue("gateway", message.topic().gateway())
        .addKeyValue("error", e.getMessage())
        .log("A message of a gateway is not understood");
  }

  private Optional<Taken> batch(Inbox.Message message) {
    metrics.received();
    Batch batch;
    try {
      batch = UplinkCodec.decodeBatch(message.payload());
      if (!batch.gateway().equals(message.topic().gateway())) {
        throw new MismatchException(batch.gateway());
      }
    } catch (MalformedUplinkException | MismatchException e) {
      malformed(message, e); // unanswered, it is sent again
      return Optional.empty();
    }
    if (isReserved(batch.partition().stream())) {
      answers.refuse(
          message.from(), batch, RejectReason.NOT_ALLOWED, "the stream's name is reserved");
      return Optional.empty();
    }
    GatewayCursors cursors = lanes.cursors(LogId.of(batch));
    return Optional.of(new Taken(batch, message.from(), cursors.take(batch)));
  }

  /** The hub's own topics and Headwater's: what is written there is believed. */
  private static boolean isReserved(String stream) {
    return stream.startsWith("headwater-") || stream.startsWith("__");
  }

  private static final class MismatchException extends Exception {
    private static final long serialVersionUID = 1L;

    MismatchException(String gateway) {
      super("the frame is of gateway " + gateway);
    }
  }
}
