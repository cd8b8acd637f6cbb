package io.headwater.bridge.handover;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.Credit;
import io.headwater.uplink.Reject;
import io.headwater.uplink.RejectReason;
import io.headwater.uplink.Settled;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkCodec;
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
final class Answers {
  private static final int MOST_BATCHES = 16;
  static final long LEAST_CREDIT = 64 << 10;

  private final HandoverSettings settings;
  private final Lanes lanes;
  private final List<BrokerClient> brokers;
  private final Whereabouts whereabouts;
  private final BridgeMetrics metrics;
  private final Clock clock;

  Answers(
      HandoverSettings settings,
      Lanes lanes,
      List<BrokerClient> brokers,
      Whereabouts whereabouts,
      BridgeMetrics metrics,
      Clock clock) {
    this.settings = settings;
    this.lanes = lanes;
    this.brokers = List.copyOf(brokers);
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
        (log, cursors) ->
            brokers.forEach(broker ->
                send(broker, log, Answer.Verdict.ASK_FOR_STATE, cursors.settled(), List.of())));
  }

  void stateRequested(BrokerClient from, LogId log, Answer.Verdict verdict, List<Settled> settled) {
    send(from, log, verdict, settled, List.of());
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
                log.gateway(), log.epoch(), verdict, settled, credit(), clock.millis(), rejects)));
  }

  /** An equal share of the memory for each gateway known here. */
  private Credit credit() {
    long gateways = Math.max(1, whereabouts.size());
    return new Credit(
        MOST_BATCHES, Math.max(LEAST_CREDIT, settings.memory().bytes() / 2 / gateways));
  }
}
