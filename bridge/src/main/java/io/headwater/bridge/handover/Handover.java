package io.headwater.bridge.handover;

import io.headwater.bridge.broker.BrokerClient;
import io.headwater.process.Threads;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
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

  /**
   * Who else wants to know.
   *
   * @param whereabouts filled by the hand-over
   */
  public record Listeners(
      List<LaneListener> lanes, List<GatewayListener> gateways, Whereabouts whereabouts) {
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
      List<BrokerClient> brokers,
      Listeners listeners,
      BridgeMetrics metrics,
      Clock clock) {
    this.settings = settings;
    this.clients = new HubClients(settings, bridgeId);
    this.inbox = inbox;
    this.metrics = metrics;
    this.clock = clock;
    this.lanes = new Lanes(brokers, listeners.lanes(), metrics);
    this.answers = new Answers(settings, lanes, brokers, listeners.whereabouts(), metrics, clock);
    this.intake =
        new Intake(lanes, answers, listeners.whereabouts(), listeners.gateways(), metrics);
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
        try (TransactionWriter writer = TransactionWriter.open(clients, member, metrics)) {
          work(
              member,
              new CursorStore(admin, reader),
              new Delivery(lanes, topics, writer, answers, metrics, clock));
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

  private void work(Consumer<byte[], byte[]> member, CursorStore cursors, Delivery delivery)
      throws InterruptedException {
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
        delivery.deliver(intake.judge(inbox.take(WAIT_MILLIS, settings.groupSize().bytes())));
      }
    } finally {
      lanes.releaseAll();
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
