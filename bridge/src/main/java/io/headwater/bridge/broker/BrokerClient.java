package io.headwater.bridge.broker;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscribe;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import io.headwater.process.HostPort;
import io.headwater.process.PemFiles;
import io.headwater.process.Threads;
import io.headwater.process.TlsSettings;
import io.headwater.process.UserError;
import io.headwater.uplink.UplinkTopics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bridge as a client of one broker: subscribed to the topics of its lanes, reconnecting by
 * itself, to the broker's next address if it has several. A broker that is away is only missing.
 *
 * <p>Thread-safe; which connection there is, is its timer's to decide.
 */
public final class BrokerClient implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(BrokerClient.class);
  private static final int KEEP_ALIVE_SECONDS = 10;
  private static final long ANSWERED_WITHIN_SECONDS = 5;
  private static final long FIRST_RETRY_MILLIS = 200;
  private static final long LONGEST_RETRY_MILLIS = 3_000;

  /** The embedded broker drops a connection that subscribes in the same moment. */
  private static final long SETTLE_MILLIS = 50;

  /** A publish that a broker never acknowledges would keep its place in the window for ever. */
  private static final long UNACKNOWLEDGED_SECONDS = 30;

  /** Takes what arrives. */
  @FunctionalInterface
  public interface Receiver {
    void received(BrokerClient from, UplinkTopics.Inbound topic, byte[] payload);
  }

  private final BrokerTarget target;
  private final String bridgeId;
  private final Receiver receiver;
  private final ScheduledExecutorService timer;
  private final Set<Integer> lanes = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Mqtt5AsyncClient client;
  private volatile @Nullable String failure = "it has not been tried yet";
  private volatile boolean closed;

  /** Changes on the timer only. */
  private final AtomicInteger attempt = new AtomicInteger();

  // Confined to the timer.
  private int nextAddress;
  private long retryMillis = FIRST_RETRY_MILLIS;
  private boolean missingTold;

  public BrokerClient(BrokerTarget target, String bridgeId, Receiver receiver) {
    this.target = target;
    this.bridgeId = bridgeId;
    this.receiver = receiver;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Threads.factory("bridge-mqtt-" + target.addresses().getFirst().port()));
    onTimer(this::connect, 0);
  }

  /** Its addresses, as logs show them. */
  public String name() {
    return target.name();
  }

  public BrokerTarget target() {
    return target;
  }

  public boolean isConnected() {
    Mqtt5AsyncClient now = client;
    return now != null && now.getState().isConnected();
  }

  /**
   * The number of the present connection, or attempt at one. Between two messages that are heard at
   * the same number the broker has left nothing out.
   */
  public int connection() {
    return attempt.get();
  }

  private void onTimer(Runnable step, long delayMillis) {
    try {
      timer.schedule(
          () -> {
            if (!closed) {
              step.run();
            }
          },
          delayMillis,
          TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException _) {
      // Closed meanwhile.
    }
  }

  private void connect() {
    HostPort address = target.addresses().get(nextAddress++ % target.addresses().size());
    int number = attempt.incrementAndGet();
    Mqtt5AsyncClient made;
    Optional<EmbeddedBroker.Credentials> credentials;
    try {
      credentials = target.credentials().get();
      made = build(address, number);
    } catch (RuntimeException e) { // of its files, which may be mended
      missing(e instanceof UserError ? String.valueOf(e.getMessage()) : e.toString());
      return;
    }
    client = made;
    made.publishes(MqttGlobalPublishFilter.ALL, this::received);
    var connect =
        made.connectWith().cleanStart(true).sessionExpiryInterval(0).keepAlive(KEEP_ALIVE_SECONDS);
    credentials.ifPresent(login ->
        connect
            .simpleAuth()
            .username(login.user())
            .password(login.password().getBytes(StandardCharsets.UTF_8))
            .applySimpleAuth());
    connect
        .send()
        .whenComplete((_, refused) -> {
          if (refused == null) {
            onTimer(() -> connected(number, address), SETTLE_MILLIS);
          }
          // A failure comes to the disconnected listener as well.
        });
  }

  private Mqtt5AsyncClient build(HostPort address, int number) {
    var builder =
        MqttClient.builder()
            .useMqttVersion5()
            .identifier("bridge-" + bridgeId)
            .serverHost(address.host())
            .serverPort(address.port())
            .executorConfig()
            .nettyThreads(1)
            .applyExecutorConfig()
            .transportConfig()
            .socketConnectTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
            .mqttConnectTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
            // Here: given to the client's builder beside a transport, it is silently dropped.
            .sslConfig(target.tls().map(BrokerClient::ssl).orElse(null))
            .applyTransportConfig()
            .addDisconnectedListener(context ->
                onTimer(() -> ended(number, String.valueOf(context.getCause().getMessage())), 0));
    return builder.buildAsync();
  }

  private static MqttClientSslConfig ssl(TlsSettings tls) {
    return MqttClientSslConfig.builder()
        .trustManagerFactory(PemFiles.trust(tls).orElse(null))
        .keyManagerFactory(PemFiles.identity(tls).orElse(null))
        .handshakeTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS)
        .build();
  }

  private void connected(int number, HostPort address) {
    if (number == attempt.get() && isConnected()) {
      LOGGER.atInfo().addKeyValue("address", address).log("Connected to a broker");
      failure = null;
      missingTold = false;
      retryMillis = FIRST_RETRY_MILLIS;
      nextAddress--; // lost, it is tried again first
      subscribe(Set.copyOf(lanes));
    }
  }

  private void ended(int number, String cause) {
    if (number == attempt.get()) {
      missing(cause);
    }
  }

  private void missing(String cause) {
    failure = cause;
    attempt.incrementAndGet(); // a second report of the same end is late
    (missingTold ? LOGGER.atDebug() : LOGGER.atWarn())
        .addKeyValue("broker", name())
        .addKeyValue("error", cause)
        .log("A broker is missing; it is tried again and again");
    missingTold = true;
    boolean roundDone = nextAddress % target.addresses().size() == 0;
    long delay = roundDone ? retryMillis : FIRST_RETRY_MILLIS;
    if (roundDone) {
      retryMillis = Math.min(retryMillis * 2, LONGEST_RETRY_MILLIS);
    }
    onTimer(this::connect, (long) (delay * ThreadLocalRandom.current().nextDouble(0.7, 1.3)));
  }

  private void received(Mqtt5Publish publish) {
    UplinkTopics.parse(publish.getTopic().toString())
        .ifPresent(topic -> {
          // A retained status may be older than what has been heard elsewhere.
          if (!publish.isRetain() || topic.kind() != UplinkTopics.Kind.STATUS) {
            receiver.received(this, topic, publish.getPayloadAsBytes());
          }
        });
  }

  /** Owns more lanes. The future completes when the broker has them, at once if it is away. */
  public CompletableFuture<?> addLanes(Collection<Integer> added) {
    lanes.addAll(added);
    return isConnected() ? subscribe(added) : CompletableFuture.completedFuture(null);
  }

  private CompletableFuture<?> subscribe(Collection<Integer> wanted) {
    Mqtt5AsyncClient now = client;
    var subscriptions = new ArrayList<Mqtt5Subscription>();
    for (int lane : wanted) {
      for (UplinkTopics.Kind kind : UplinkTopics.Kind.values()) {
        subscriptions.add(
            Mqtt5Subscription.builder()
                .topicFilter(UplinkTopics.laneFilter(kind, lane))
                .qos(MqttQos.AT_LEAST_ONCE)
                .build());
      }
    }
    if (now == null || subscriptions.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return now.subscribe(Mqtt5Subscribe.builder().addSubscriptions(subscriptions).build())
        .exceptionally(refused -> {
          LOGGER
              .atWarn()
              .addKeyValue("broker", name())
              .addKeyValue("error", refused.getMessage())
              .log("Lanes could not be subscribed to; connecting anew");
          now.disconnect();
          return null;
        });
  }

  /** Owns less lanes. The future completes when the broker knows, at once if it is away. */
  public CompletableFuture<?> removeLanes(Collection<Integer> removed) {
    lanes.removeAll(removed);
    Mqtt5AsyncClient now = client;
    if (now == null || !isConnected() || removed.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    var left = new ArrayList<CompletableFuture<?>>();
    for (int lane : removed) {
      for (UplinkTopics.Kind kind : UplinkTopics.Kind.values()) {
        left.add(now.unsubscribeWith().topicFilter(UplinkTopics.laneFilter(kind, lane)).send());
      }
    }
    return CompletableFuture.allOf(left.toArray(new CompletableFuture<?>[0]));
  }

  /** Sends an answer; one that is lost is healed by the next. */
  public void answer(String gateway, byte[] frame) {
    send(UplinkTopics.ack(gateway), frame);
  }

  /** Sends at QoS 1 and forgets it: whoever needs to know waits for an answer of the other side. */
  public void send(String topic, byte[] frame) {
    Mqtt5AsyncClient now = client;
    if (now == null) {
      return;
    }
    now.publishWith()
        .topic(topic)
        .payload(frame)
        .qos(MqttQos.AT_LEAST_ONCE)
        .send()
        .orTimeout(UNACKNOWLEDGED_SECONDS, TimeUnit.SECONDS)
        .exceptionally(lost -> {
          if (lost instanceof TimeoutException && now.equals(client)) {
            LOGGER
                .atWarn()
                .addKeyValue("broker", name())
                .log("A broker does not acknowledge; connecting anew");
            now.disconnect();
          }
          return null;
        });
  }

  /** Sends what is no answer; who sends it repeats it until it hears of it. */
  public void down(UplinkTopics.Down kind, String gateway, byte[] frame) {
    send(UplinkTopics.down(kind, gateway), frame);
  }

  /** Why it cannot be heard now, if so. */
  public Optional<String> problem() {
    return isConnected()
        ? Optional.empty()
        : Optional.of("broker " + name() + " is not reached: " + failure);
  }

  @Override
  public void close() {
    closed = true;
    timer.shutdownNow();
    Mqtt5AsyncClient now = client;
    if (now == null) {
      return;
    }
    try {
      now.disconnect().get(2, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (Exception _) {
      // It was not connected any more.
    }
  }
}
