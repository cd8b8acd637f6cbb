package io.headwater.bridge.handover;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.bridge.broker.Brokers;
import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.BatchHeader;
import io.headwater.uplink.Credit;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.Reject;
import io.headwater.uplink.RejectReason;
import io.headwater.uplink.Settled;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkCodec;
import io.headwater.uplink.UplinkTopics;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Tells gateways what is settled, and how much they may send. Confined to the hand-over's thread.
 */
final class Answers implements LaneListener {
  private final CreditPool credits;
  private final Lanes lanes;
  private final Brokers brokers;
  private final Whereabouts whereabouts;
  private final BridgeMetrics metrics;
  private final Clock clock;

  Answers(
      HandoverSettings settings,
      Lanes lanes,
      Brokers brokers,
      Whereabouts whereabouts,
      BridgeMetrics metrics,
      Clock clock) {
    this.credits = new CreditPool(settings.memory().bytes());
    this.lanes = lanes;
    this.brokers = brokers;
    this.whereabouts = whereabouts;
    this.metrics = metrics;
    this.clock = clock;
  }

  /**
   * What gateways have under way may have gone with the owner before us: they go back to the first
   * reading that is missing, without waiting for a time-out. Where they are is not known yet.
   */
  void askAll(Set<Integer> given) {
    lanes.forEachLog(
        given,
        (log, cursors) -> {
          // Not from the pool: most of those that have a cursor may be gone for long.
          byte[] frame =
              UplinkCodec.encode(
                  new Answer(
                      log.gateway(),
                      log.epoch(),
                      Answer.Verdict.ASK_FOR_STATE,
                      cursors.settled(),
                      new Credit(1, CreditPool.LEAST),
                      clock.millis(),
                      List.of()));
          brokers.forEach(broker -> broker.answer(log.gateway(), frame));
        });
  }

  void stateRequested(BrokerClient from, LogId log, Answer.Verdict verdict, List<Settled> settled) {
    send(from, log, verdict, settled, List.of());
  }

  /** A heartbeat keeps a gateway's credit; one that goes gives it back. */
  void heard(String gateway, byte[] status) {
    try {
      if (UplinkCodec.decodeStatus(status).online()) {
        credits.heard(gateway, System.nanoTime());
      } else {
        credits.giveBack(gateway);
      }
    } catch (MalformedUplinkException _) {
      metrics.malformed(UplinkTopics.Kind.STATUS);
    }
  }

  @Override
  public void given(Set<Integer> lanes) {
    // Credit is granted when a gateway is heard.
  }

  /** Gateways of lanes that are another's now do not count any more. */
  @Override
  public void taken(Set<Integer> taken) {
    for (String gateway : credits.gateways()) {
      if (taken.contains(UplinkTopics.lane(gateway))) {
        credits.giveBack(gateway);
        whereabouts.forget(gateway);
      }
    }
  }

  /** Refuses a frame that was not even read; what it says of itself is passed back. */
  void refuse(BrokerClient from, BatchHeader header, RejectReason reason, String detail) {
    metrics.rejected(reason.text());
    send(
        from,
        new LogId(header.gateway(), header.epoch()),
        Answer.Verdict.KNOWN,
        List.of(),
        List.of(
            new Reject(
                header.partition(), header.firstOffset(), header.nextOffset(), reason, detail)));
  }

  /** Refuses a batch that was not even judged. */
  void refuse(BrokerClient from, Batch batch, RejectReason reason, String detail) {
    metrics.rejected(reason.text());
    send(
        from,
        LogId.of(batch),
        Answer.Verdict.KNOWN,
        List.of(),
        List.of(reject(batch, reason, detail)));
  }

  /** One answer a gateway, for all of its batches. */
  void afterTransaction(List<Taken> taken, Map<Taken, RefusedRecordException> refused) {
    var byLog = new HashMap<LogId, List<Taken>>();
    for (Taken each : taken) {
      byLog.computeIfAbsent(each.log(), _ -> new ArrayList<>()).add(each);
    }
    byLog.forEach((log, batches) -> answer(log, batches, refused));
  }

  private void answer(LogId log, List<Taken> batches, Map<Taken, RefusedRecordException> refused) {
    Answer.Verdict verdict = Answer.Verdict.KNOWN;
    var partitions = new TreeSet<StreamPartition>();
    var rejects = new ArrayList<Reject>();
    for (Taken each : batches) {
      partitions.add(each.batch().partition());
      RefusedRecordException refusal = refused.get(each);
      if (refusal != null) {
        rejects.add(reject(each.batch(), refusal.reason(), refusal.getMessage()));
        continue;
      }
      switch (each.verdict()) {
        case GatewayCursors.Verdict.AskForState _ -> verdict = Answer.Verdict.ASK_FOR_STATE;
        case GatewayCursors.Verdict.Busy _ -> {
          metrics.rejected(RejectReason.BUSY.text());
          rejects.add(reject(each.batch(), RejectReason.BUSY, "the cursor has too many holes"));
        }
        case GatewayCursors.Verdict.TooMany _ -> {
          metrics.rejected(RejectReason.NOT_ALLOWED.text());
          rejects.add(
              reject(each.batch(), RejectReason.NOT_ALLOWED, "the log has too many streams"));
        }
        case GatewayCursors.Verdict.Known _ -> metrics.duplicate();
        case GatewayCursors.Verdict.Write _ -> {
          // Settled.
        }
      }
    }
    GatewayCursors cursors = lanes.cursors(log);
    send(
        whereabouts.of(log.gateway()).orElse(batches.getLast().from()),
        log,
        verdict,
        partitions.stream().map(cursors::settled).toList(),
        rejects);
  }

  private static Reject reject(Batch batch, RejectReason reason, @Nullable String detail) {
    return new Reject(
        batch.partition(),
        batch.firstOffset(),
        batch.nextOffset(),
        reason,
        detail == null ? "" : detail);
  }

  private void send(
      BrokerClient broker,
      LogId log,
      Answer.Verdict verdict,
      List<Settled> settled,
      List<Reject> rejects) {
    broker.answer(
        log.gateway(),
        UplinkCodec.encode(
            new Answer(
                log.gateway(),
                log.epoch(),
                verdict,
                settled,
                credits.grant(log.gateway(), System.nanoTime()),
                clock.millis(),
                rejects)));
    metrics.credit(credits.granted());
  }
}
