package io.headwater.hub.kafka.peer;

import io.headwater.hub.kafka.metadata.Broker;
import io.headwater.hub.kafka.metadata.TopicCatalog;
import io.headwater.hub.kafka.metadata.TopicsSnapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.clients.KafkaClient;
import org.apache.kafka.clients.ManualMetadataUpdater;
import org.apache.kafka.clients.MetadataRecoveryStrategy;
import org.apache.kafka.clients.NetworkClient;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.BrokerNotAvailableException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.network.PlaintextChannelBuilder;
import org.apache.kafka.common.network.Selectable;
import org.apache.kafka.common.network.Selector;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.InterBrokerSendThread;
import org.apache.kafka.server.util.RequestAndCompletionHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends requests to other brokers, under the addresses that the catalog has for them. One thread,
 * {@code hub-peers-0}, which the first request starts: a broker without others has none. One
 * connection to each broker that is asked; it ends, and what is not answered with it, when the
 * broker is taken for gone, as one whose machine is gone closes nothing. Thread-safe; no method
 * waits, except the close.
 */
public final class Peers implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Peers.class);

  /** For one request, also while its broker cannot be connected to. */
  private static final int REQUEST_TIMEOUT_MS = 10_000;

  private static final int SETUP_TIMEOUT_MS = 5_000;
  private static final int BACKOFF_MS = 50;
  private static final int LONGEST_BACKOFF_MS = 1_000;
  private static final long IDLE_MS = 600_000;
  private static final int MOST_IN_FLIGHT = 100;

  /** Waits to be taken by the thread. */
  private record Wanted(
      Node broker,
      AbstractRequest.Builder<?> request,
      CompletableFuture<AbstractResponse> answer) {}

  private final int nodeId;
  private final TopicCatalog catalog;
  private final Metrics metrics = new Metrics();
  private final ConcurrentLinkedQueue<Wanted> wanted = new ConcurrentLinkedQueue<>();

  /** All that are not answered, so that the close leaves none behind. */
  private final Map<Long, CompletableFuture<AbstractResponse>> open = new ConcurrentHashMap<>();

  /** Brokers that have been asked and are taken for gone; for the thread. */
  private final ConcurrentLinkedQueue<Integer> gone = new ConcurrentLinkedQueue<>();

  private final Set<Integer> asked = ConcurrentHashMap.newKeySet();
  private final AtomicLong sent = new AtomicLong();

  // Guarded by this.
  private @Nullable Sender sender;
  private TopicCatalog.@Nullable Subscription subscription;
  private boolean closed;

  public Peers(int nodeId, TopicCatalog catalog) {
    this.nodeId = nodeId;
    this.catalog = catalog;
  }

  /** The thread; null after the close. */
  private synchronized @Nullable Sender sender() {
    if (sender == null && !closed) {
      sender = new Sender(client("hub-" + nodeId, metrics));
      sender.start();
      Sender started = sender;
      subscription = catalog.subscribe(snapshot -> dropGone(snapshot, started));
    }
    return closed ? null : sender;
  }

  private void dropGone(TopicsSnapshot snapshot, Sender running) {
    Set<Integer> missing = new HashSet<>(asked);
    missing.removeAll(snapshot.brokers().keySet());
    if (asked.removeAll(missing)) {
      gone.addAll(missing);
      running.wakeup();
    }
  }

  private synchronized @Nullable Sender end() {
    closed = true;
    if (subscription != null) {
      subscription.close();
    }
    Sender running = sender;
    sender = null;
    return running;
  }

  private static KafkaClient client(String clientId, Metrics metrics) {
    var log = new LogContext();
    var plaintext =
        new PlaintextChannelBuilder(ListenerName.forSecurityProtocol(SecurityProtocol.PLAINTEXT));
    plaintext.configure(Map.of());
    var selector =
        new Selector(
            NetworkReceive.UNLIMITED,
            IDLE_MS,
            metrics,
            Time.SYSTEM,
            "hub-peers",
            Map.of(),
            false,
            plaintext,
            log);
    return new NetworkClient(
        selector,
        new ManualMetadataUpdater(),
        clientId,
        MOST_IN_FLIGHT,
        BACKOFF_MS,
        LONGEST_BACKOFF_MS,
        Selectable.USE_DEFAULT_BUFFER_SIZE,
        Selectable.USE_DEFAULT_BUFFER_SIZE,
        REQUEST_TIMEOUT_MS,
        SETUP_TIMEOUT_MS,
        SETUP_TIMEOUT_MS,
        Time.SYSTEM,
        true,
        new ApiVersions(),
        log,
        MetadataRecoveryStrategy.NONE);
  }

  /**
   * Sends one request. Completed by the sending thread: what is chained without an executor must be
   * quick.
   *
   * @return fails with {@code BrokerNotAvailableException} if the broker is not registered, with
   *     {@code NetworkException} if it does not answer, with {@code UnsupportedVersionException} if
   *     it does not know the request
   */
  public CompletableFuture<AbstractResponse> send(
      int brokerId, AbstractRequest.Builder<?> request) {
    Broker broker = catalog.current().brokers().get(brokerId);
    if (broker == null) {
      return CompletableFuture.failedFuture(
          new BrokerNotAvailableException("broker " + brokerId + " is not registered"));
    }
    var answer = new CompletableFuture<AbstractResponse>();
    long number = sent.incrementAndGet();
    open.put(number, answer);
    answer.whenComplete((_, _) -> open.remove(number));
    asked.add(brokerId);
    wanted.add(
        new Wanted(
            new Node(broker.id(), broker.host(), broker.port(), broker.rack()), request, answer));
    Sender running = sender();
    if (running == null) {
      answer.completeExceptionally(new NetworkException("the broker is stopping"));
    } else {
      running.wakeup();
    }
    return answer;
  }

  /** Waits for the thread; what is not answered fails. Closing twice is allowed. */
  @Override
  public void close() {
    Sender running = end();
    try {
      if (running != null) {
        running.shutdown();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    List.copyOf(open.values())
        .forEach(
            answer -> answer.completeExceptionally(new NetworkException("the broker is stopping")));
    metrics.close();
  }

  /** What is thrown in it ends the process: so Kafka's thread has it. */
  private final class Sender extends InterBrokerSendThread {
    /** Brokers that a connection has been begun to; the client refuses to end any other. */
    private final Set<Integer> connected = new HashSet<>();

    Sender(KafkaClient client) {
      super("hub-peers-0", client, REQUEST_TIMEOUT_MS, Time.SYSTEM, false);
    }

    @Override
    public Collection<RequestAndCompletionHandler> generateRequests() {
      for (Integer broker = gone.poll(); broker != null; broker = gone.poll()) {
        if (connected.remove(broker)) {
          networkClient.disconnect(broker.toString());
        }
      }
      var requests = new ArrayList<RequestAndCompletionHandler>();
      for (Wanted next = wanted.poll(); next != null; next = wanted.poll()) {
        CompletableFuture<AbstractResponse> answer = next.answer();
        int broker = next.broker().id();
        if (!catalog.current().brokers().containsKey(broker)) {
          answer.completeExceptionally(new NetworkException("broker " + broker + " is gone"));
          continue;
        }
        connected.add(broker);
        requests.add(
            new RequestAndCompletionHandler(
                Time.SYSTEM.milliseconds(),
                next.broker(),
                next.request(),
                response -> guarded(answer, response)));
      }
      return requests;
    }

    /** What is thrown here would end the process. */
    private static void guarded(
        CompletableFuture<AbstractResponse> answer, ClientResponse response) {
      try {
        complete(answer, response);
      } catch (RuntimeException e) {
        LOGGER.atError().setCause(e).log("The answer of a broker could not be taken");
      }
    }

    private static void complete(
        CompletableFuture<AbstractResponse> answer, ClientResponse response) {
      if (response.versionMismatch() != null) {
        answer.completeExceptionally(response.versionMismatch());
      } else if (!response.hasResponse()) {
        answer.completeExceptionally(
            new NetworkException("broker " + response.destination() + " does not answer"));
      } else {
        answer.complete(response.responseBody());
      }
    }
  }
}
