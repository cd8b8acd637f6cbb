package io.headwater.bridge.handover;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.process.Threads;
import io.headwater.uplink.Answer;
import io.headwater.uplink.Batch;
import io.headwater.uplink.Credit;
import io.headwater.uplink.Gap;
import io.headwater.uplink.MalformedUplinkException;
import io.headwater.uplink.Reject;
import io.headwater.uplink.RejectReason;
import io.headwater.uplink.Settled;
import io.headwater.uplink.StateRequest;
import io.headwater.uplink.StreamPartition;
import io.headwater.uplink.UplinkCodec;
import io.headwater.uplink.UplinkRecord;
import io.headwater.uplink.UplinkTopics;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands batches over to the hub; see the package comment. State is confined to its thread. */
public final class Handover implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Handover.class);
  private static final long WAIT_MILLIS = 20;
  private static final long RETRY_MILLIS = 500;
  private static final int MOST_BATCHES = 16;
  private static final long LEAST_CREDIT = 64 << 10;

  /** Who writes: one life of one gateway's log. */
  private record LogId(String gateway, long epoch) {}

  /** A batch of the running transaction and where its answer goes. */
  private record Taken(Batch batch, BrokerClient from, GatewayCursors.Verdict verdict) {}

  private final HandoverSettings settings;
  private final HubClients clients;
  private final Inbox inbox;
  private final List<BrokerClient> brokers;
  private final BridgeMetrics metrics;
  private final Clock clock;
  private final Map<Integer, Map<LogId, GatewayCursors>> lanes = new TreeMap<>();
  private final Map<String, BrokerClient> lastSeenAt = new HashMap<>();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Thread thread;
  private volatile boolean closing;
  private volatile @Nullable String problem = "the hub has not been reached yet";

  private @Nullable Producer<byte[], byte[]> producer;

  /**
   * Begins to work.
   *
   * @param brokers where lanes are subscribed to and answers sent; they fill the inbox
   */
  public Handover(
      HandoverSettings settings,
      String bridgeId,
      Inbox inbox,
      List<BrokerClient> brokers,
      BridgeMetrics metrics,
      Clock clock) {
    this.settings = settings;
    this.clients = new HubClients(settings, bridgeId);
    this.inbox = inbox;
    this.brokers = List.copyOf(brokers);
    this.metrics = metrics;
    this.clock = clock;
    this.thread = Threads.start("bridge-handover-0", this::run);
  }

  /** Completes when lanes are owned for the first time. */
  public CompletableFuture<Void> ready() {
    return ready;
  }

  /** What keeps readings from the hub now. */
  public Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  private void run() {
    while (!closing) {
      try (Admin admin = clients.admin();
          Consumer<byte[], byte[]> member = clients.member();
          Consumer<byte[], byte[]> reader = clients.cursorReader()) {
        var topics = new HubTopics(admin, settings);
        topics.ensureOwn();
        var cursors = new CursorStore(admin, reader);
        openProducer();
        member.subscribe(List.of(HubTopics.CURSORS), new Rebalance(member, cursors));
        problem = null;
        while (!closing) {
          // Membership only: nothing is read, the assigned partitions are paused.
          member.poll(Duration.ZERO);
          List<Inbox.Message> group = inbox.take(WAIT_MILLIS, settings.groupSize().bytes());
          if (!group.isEmpty()) {
            handle(group, member, topics);
          }
        }
        release(Set.copyOf(lanes.keySet()));
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException e) {
        problem = "hub " + settings.hub() + ": " + e.getMessage();
        LOGGER
            .atWarn()
            .addKeyValue("hub", settings.hub())
            .addKeyValue("error", e.toString())
            .log("The hand-over begins anew");
        metrics.failed();
        pause();
      } finally {
        closeProducer();
        release(Set.copyOf(lanes.keySet()));
      }
    }
  }

  private void openProducer() {
    Producer<byte[], byte[]> opened = clients.producer();
    try {
      opened.initTransactions();
    } catch (RuntimeException e) {
      opened.close(Duration.ZERO);
      throw e;
    }
    producer = opened;
  }

  private void closeProducer() {
    Producer<byte[], byte[]> open = producer;
    producer = null;
    if (open != null) {
      open.close(Duration.ofSeconds(1));
    }
  }

  private void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Called within poll, on the hand-over's thread: no transaction runs then. */
  private final class Rebalance implements ConsumerRebalanceListener {
    private final Consumer<byte[], byte[]> member;
    private final CursorStore cursors;

    Rebalance(Consumer<byte[], byte[]> member, CursorStore cursors) {
      this.member = member;
      this.cursors = cursors;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
      member.pause(assigned);
      Set<Integer> added = lanesOf(assigned);
      if (added.isEmpty()) {
        return;
      }
      var read = new HashMap<Integer, Map<LogId, GatewayCursors>>();
      added.forEach(lane -> read.put(lane, new HashMap<>()));
      cursors.read(
          added,
          (key, cursor) -> {
            Map<LogId, GatewayCursors> lane = read.get(UplinkTopics.lane(key.gateway()));
            if (lane != null) {
              lane.computeIfAbsent(new LogId(key.gateway(), key.epoch()), _ -> new GatewayCursors())
                  .load(key.partition(), cursor);
            }
          });
      lanes.putAll(read);
      metrics.lanes(lanes.size());
      brokers.forEach(broker -> broker.addLanes(added));
      LOGGER.atInfo().addKeyValue("lanes", added.size()).log("Lanes are owned");
      tellGateways(added);
      ready.complete(null);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
      release(lanesOf(revoked));
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> lost) {
      release(lanesOf(lost));
    }
  }

  private static Set<Integer> lanesOf(Collection<TopicPartition> partitions) {
    var lanes = new TreeSet<Integer>();
    partitions.forEach(partition -> lanes.add(partition.partition()));
    return lanes;
  }

  private void release(Set<Integer> removed) {
    removed.forEach(lanes::remove);
    metrics.lanes(lanes.size());
    brokers.forEach(broker -> broker.removeLanes(removed));
  }

  /**
   * What gateways have under way may have gone with the owner before us: they go back to the first
   * reading that is missing, without waiting for a time-out. Where they are is not known yet.
   */
  private void tellGateways(Set<Integer> added) {
    for (int lane : added) {
      lanes
          .getOrDefault(lane, Map.of())
          .forEach((log, cursors) ->
              brokers.forEach(broker ->
                  answer(broker, log, Answer.Verdict.ASK_FOR_STATE, cursors.settled(), List.of())));
    }
  }

  private void handle(
      List<Inbox.Message> group, Consumer<byte[], byte[]> member, HubTopics topics) {
    var taken = new ArrayList<Taken>();
    for (Inbox.Message message : group) {
      if (!lanes.containsKey(message.topic().lane())) {
        continue; // somebody else's by now, who gets it too
      }
      lastSeenAt.put(message.topic().gateway(), message.from());
      switch (message.topic().kind()) {
        case STATE -> stateRequested(message);
        case STATUS -> {
          // Presence is kept by a later version; the broker retains the newest.
        }
        // In the order of arrival: a batch from before a state request must not profit from it.
        case UP -> take(message, taken);
      }
    }
    if (!taken.isEmpty()) {
      write(taken, member, topics);
    }
  }

  private void stateRequested(Inbox.Message message) {
    try {
      StateRequest request = UplinkCodec.decodeStateRequest(message.payload());
      if (!request.gateway().equals(message.topic().gateway())) {
        throw new IllegalArgumentException("a state request of " + request.gateway());
      }
      var log = new LogId(request.gateway(), request.epoch());
      GatewayCursors cursors = cursors(message.topic().lane(), log);
      Answer.Verdict verdict = cursors.request(request);
      if (verdict == Answer.Verdict.COPY) {
        LOGGER
            .atWarn()
            .addKeyValue("gateway", request.gateway())
            .log("A gateway's log is a copy or a restored image");
      }
      answer(message.from(), log, verdict, cursors.settled(), List.of());
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

  private GatewayCursors cursors(int lane, LogId log) {
    return lanes
        .computeIfAbsent(lane, _ -> new HashMap<>())
        .computeIfAbsent(log, _ -> new GatewayCursors());
  }

  private void take(Inbox.Message message, List<Taken> taken) {
    metrics.received();
    Batch batch;
    try {
      batch = UplinkCodec.decodeBatch(message.payload());
      if (!batch.gateway().equals(message.topic().gateway())) {
        throw new MismatchException(batch.gateway());
      }
    } catch (MalformedUplinkException | MismatchException e) {
      malformed(message, e); // unanswered, it is sent again
      return;
    }
    if (isReserved(batch.partition().stream())) {
      metrics.rejected(RejectReason.NOT_ALLOWED.text());
      answer(
          message.from(),
          new LogId(batch.gateway(), batch.epoch()),
          Answer.Verdict.KNOWN,
          List.of(),
          List.of(reject(batch, RejectReason.NOT_ALLOWED, "the stream's name is reserved")));
      return;
    }
    GatewayCursors cursors = cursorsOf(batch);
    taken.add(new Taken(batch, message.from(), cursors.take(batch)));
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

  private GatewayCursors cursorsOf(Batch batch) {
    return cursors(UplinkTopics.lane(batch.gateway()), new LogId(batch.gateway(), batch.epoch()));
  }

  /** All in one transaction; if the hub refuses a record of it, each batch in one of its own. */
  private void write(List<Taken> taken, Consumer<byte[], byte[]> member, HubTopics topics) {
    try {
      transact(taken, member, topics);
      answerAll(taken, Map.of());
    } catch (RefusedRecordException refused) {
      taken.forEach(each -> cursorsOf(each.batch()).aborted());
      for (Taken each : taken) {
        writeAlone(
            new Taken(each.batch(), each.from(), cursorsOf(each.batch()).take(each.batch())),
            member,
            topics);
      }
    }
  }

  private void writeAlone(Taken taken, Consumer<byte[], byte[]> member, HubTopics topics) {
    try {
      transact(List.of(taken), member, topics);
      answerAll(List.of(taken), Map.of());
    } catch (RefusedRecordException refused) {
      cursorsOf(taken.batch()).aborted();
      metrics.rejected(refused.reason().text());
      if (refused.reason() == RejectReason.POISON && taken.batch().records().size() == 1) {
        buryPoison(taken, String.valueOf(refused.getMessage()), member, topics);
      } else {
        answerAll(List.of(taken), Map.of(taken, refused));
      }
    }
  }

  /** A record that the hub never takes: kept in the dead-letter topic, and settled. */
  private void buryPoison(
      Taken taken, String cause, Consumer<byte[], byte[]> member, HubTopics topics) {
    UplinkRecord record = taken.batch().records().getFirst();
    topics.ensure(taken.batch().partition().stream() + ".dlq");
    var again =
        new Taken(taken.batch(), taken.from(), cursorsOf(taken.batch()).take(taken.batch()));
    byte[] value = record.value();
    var kept =
        value.length > LEAST_CREDIT
            ? new UplinkRecord(
                record.offset(),
                record.capturedMs(),
                record.clock(),
                record.key(),
                Arrays.copyOf(value, (int) LEAST_CREDIT),
                record.mqttTopic(),
                record.mqttClient())
            : record;
    commit(
        List.of(again),
        List.of(HubRecords.poison(taken.batch(), kept, clock.millis(), cause)),
        0,
        member);
    answerAll(List.of(again), Map.of());
  }

  private void transact(List<Taken> taken, Consumer<byte[], byte[]> member, HubTopics topics) {
    var records = new ArrayList<ProducerRecord<byte[], byte[]>>();
    long now = clock.millis();
    long gaps = 0;
    for (Taken each : taken) {
      if (each.verdict() instanceof GatewayCursors.Verdict.Write(var fresh, var newGaps, var _)) {
        Optional<Duration> retention = retention(each.batch(), topics);
        if (retention.isEmpty()) {
          throw new RefusedRecordException(
              RejectReason.NO_TOPIC, "the hub has no topic " + each.batch().partition().stream());
        }
        for (UplinkRecord record : fresh) {
          records.add(HubRecords.reading(each.batch(), record, now, retention.get()));
        }
        for (Gap gap : newGaps) {
          records.add(HubRecords.gap(each.batch(), gap, now));
          gaps++;
        }
      }
    }
    commit(taken, records, gaps, member);
  }

  private static Optional<Duration> retention(Batch batch, HubTopics topics) {
    try {
      return topics.ensure(batch.partition().stream());
    } catch (InvalidTopicException e) {
      throw new RefusedRecordException(RejectReason.NOT_ALLOWED, String.valueOf(e.getMessage()));
    }
  }

  private void commit(
      List<Taken> taken,
      List<ProducerRecord<byte[], byte[]>> records,
      long gaps,
      Consumer<byte[], byte[]> member) {
    var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
    var cursorRecords = new ArrayList<ProducerRecord<byte[], byte[]>>();
    var touched = new HashMap<LogId, GatewayCursors>();
    for (Taken each : taken) {
      if (each.verdict() instanceof GatewayCursors.Verdict.Write) {
        touched.put(
            new LogId(each.batch().gateway(), each.batch().epoch()), cursorsOf(each.batch()));
      }
    }
    if (touched.isEmpty()) {
      return;
    }
    touched.forEach((log, cursors) -> {
      int lane = UplinkTopics.lane(log.gateway());
      offsets.put(CursorStore.partition(lane), new OffsetAndMetadata(0));
      cursors
          .tentative()
          .forEach((partition, cursor) ->
              cursorRecords.add(
                  new ProducerRecord<>(
                      HubTopics.CURSORS,
                      lane,
                      new CursorKey(log.gateway(), log.epoch(), partition).toBytes(),
                      cursor.toBytes())));
    });
    long started = System.nanoTime();
    Producer<byte[], byte[]> open = producer;
    if (open == null) {
      throw new IllegalStateException("no producer");
    }
    var failure = new AtomicReference<@Nullable Exception>();
    var metadata = member.groupMetadata();
    long readings = records.size() - gaps;
    open.beginTransaction();
    var all = new ArrayList<>(records);
    all.addAll(cursorRecords);
    try {
      for (ProducerRecord<byte[], byte[]> record : all) {
        open.send(record, (_, e) -> failure.compareAndSet(null, e));
        if (failure.get() != null) {
          break; // a refused record puts the producer into an error state: nothing more is taken
        }
      }
      open.flush();
    } catch (KafkaException e) {
      failure.compareAndSet(null, e);
    }
    Exception refused = failure.get();
    if (refused instanceof RecordTooLargeException
        || refused instanceof RecordBatchTooLargeException) {
      open.abortTransaction();
      throw new RefusedRecordException(RejectReason.POISON, String.valueOf(refused.getMessage()));
    }
    if (refused != null) {
      throw new KafkaException("records were not taken", refused);
    }
    // Only this call checks that the lanes are still ours; the flush before it must be complete.
    open.sendOffsetsToTransaction(offsets, metadata);
    open.commitTransaction(); // any error: outcome unknown, everything is begun anew
    touched.values().forEach(GatewayCursors::committed);
    metrics.committed(readings, gaps, System.nanoTime() - started);
  }

  private static final class RefusedRecordException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final RejectReason reason;

    RefusedRecordException(RejectReason reason, String message) {
      super(message);
      this.reason = reason;
    }

    RejectReason reason() {
      return reason;
    }
  }

  /** One answer a gateway, for all of its batches. */
  private void answerAll(List<Taken> taken, Map<Taken, RefusedRecordException> refused) {
    var byLog = new HashMap<LogId, List<Taken>>();
    for (Taken each : taken) {
      byLog
          .computeIfAbsent(
              new LogId(each.batch().gateway(), each.batch().epoch()), _ -> new ArrayList<>())
          .add(each);
    }
    byLog.forEach((log, batches) -> {
      GatewayCursors cursors = cursors(UplinkTopics.lane(log.gateway()), log);
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
      answer(
          lastSeenAt.getOrDefault(log.gateway(), batches.getLast().from()),
          log,
          verdict,
          partitions.stream().map(cursors::settled).toList(),
          rejects);
    });
  }

  private static Reject reject(Batch batch, RejectReason reason, @Nullable String detail) {
    return new Reject(
        batch.partition(),
        batch.firstOffset(),
        batch.nextOffset(),
        reason,
        detail == null ? "" : detail);
  }

  private void answer(
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
    long gateways = Math.max(1, lastSeenAt.size());
    return new Credit(
        MOST_BATCHES, Math.max(LEAST_CREDIT, settings.memory().bytes() / 2 / gateways));
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join(15_000);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
