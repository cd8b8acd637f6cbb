package io.headwater.bridge.handover;

import io.headwater.bridge.broker.Brokers;
import io.headwater.process.Threads;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread of the hand-over; see the package comment. State is confined to it. */
public final class Handover implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Handover.class);
  private static final long WAIT_MILLIS = 20;
  private static final long RETRY_MILLIS = 500;
  private static final long FORGET_EVERY_NANOS = TimeUnit.MINUTES.toNanos(10);

  /**
   * Who else wants to know.
   *
   * @param whereabouts filled by the hand-over
   * @param writes of others, in transactions of the lanes' owner
   */
  public record Listeners(
      List<LaneListener> lanes,
      List<GatewayListener> gateways,
      Whereabouts whereabouts,
      HubWrites writes) {
    public Listeners {
      lanes = List.copyOf(lanes);
      gateways = List.copyOf(gateways);
    }
  }

  private final HandoverSettings settings;
  private final HubClients clients;
  private final Inbox inbox;
  private final BridgeMetrics metrics;
  private final Clock clock;
  private final Lanes lanes;
  private final Answers answers;
  private final Intake intake;
  private final DeclaredStreams declared = new DeclaredStreams();
  private final CaptureTimes times = new CaptureTimes();
  private final HubWrites writes;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Thread thread;
  private volatile boolean closing;
  private volatile @Nullable String problem = "the hub has not been reached yet";

  /**
   * Begins to work.
   *
   * @param brokers where lanes are subscribed to and answers sent; they fill the inbox
   */
  public Handover(
      HandoverSettings settings,
      String bridgeId,
      Inbox inbox,
      Brokers brokers,
      Listeners listeners,
      BridgeMetrics metrics,
      Clock clock) {
    this.settings = settings;
    this.clients = new HubClients(settings, bridgeId);
    this.inbox = inbox;
    this.metrics = metrics;
    this.clock = clock;
    this.writes = listeners.writes();
    var laneListeners = new ArrayList<LaneListener>();
    laneListeners.add(writes); // first: the others ask it for the tenure
    laneListeners.addAll(listeners.lanes());
    this.lanes = new Lanes(brokers, laneListeners, metrics);
    this.answers = new Answers(settings, lanes, brokers, listeners.whereabouts(), metrics, clock);
    lanes.listen(answers);
    this.intake = new Intake(lanes, answers, declared, listeners, metrics, clock);
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
        var topics = new HubTopics(admin, settings, declared);
        topics.ensureOwn();
        try (TransactionWriter writer = TransactionWriter.open(clients, member, metrics)) {
          work(
              member,
              settings.groupProtocol() == HandoverSettings.GroupProtocol.CLASSIC
                  ? Optional.of(new GroupBalance(admin, member))
                  : Optional.empty(),
              new CursorStore(admin, reader),
              new Delivery(lanes, topics, writer, answers, times, metrics, clock),
              () -> writes.perform(lanes, topics, writer, clock.millis()));
        }
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
      }
    }
  }

  private void work(
      Consumer<byte[], byte[]> member,
      Optional<GroupBalance> balance,
      CursorStore cursors,
      Delivery delivery,
      Runnable othersWrites)
      throws InterruptedException {
    long forgetAtNanos = System.nanoTime() + FORGET_EVERY_NANOS / 10;
    try {
      member.subscribe(
          List.of(HubTopics.CURSORS),
          new Lanes.Membership(
              lanes,
              member,
              cursors,
              added -> {
                answers.askAll(added);
                ready.complete(null);
              }));
      problem = null;
      while (!closing) {
        // Membership only: nothing is read, the assigned partitions are paused.
        member.poll(Duration.ZERO);
        if (balance.isPresent()) {
          balance.get().look();
        }
        Intake.Judged judged = intake.judge(inbox.take(WAIT_MILLIS, settings.groupSize().bytes()));
        delivery.deliver(judged.taken());
        judged.after().forEach(Runnable::run);
        othersWrites.run();
        if (System.nanoTime() - forgetAtNanos >= 0) {
          forgetAtNanos = System.nanoTime() + FORGET_EVERY_NANOS;
          forgetOutdated(delivery);
        }
      }
    } finally {
      lanes.releaseAll();
    }
  }

  private void forgetOutdated(Delivery delivery) {
    Map<LogId, GatewayCursors> outdated =
        lanes.takeOutdated(
            clock.millis(),
            settings.forgetAfter().toMillis(),
            settings.forgetEpochAfter().toMillis());
    if (!outdated.isEmpty()) {
      delivery.forget(outdated);
      LOGGER.atInfo().addKeyValue("logs", outdated.keySet()).log("Cursors are deleted, unused");
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
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
