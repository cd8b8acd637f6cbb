package io.headwater.edge.sparkplug;

import io.headwater.edge.log.Append;
import io.headwater.edge.mqtt.ClientWatch;
import io.headwater.edge.mqtt.Publish;
import io.headwater.edge.mqtt.PublishSink;
import io.headwater.edge.sparkplug.SparkplugDecoder.Said;
import io.headwater.process.Threads;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands in front of the routes: lets every publish through, and decodes those of edge nodes. One
 * whose readings have no room is not taken: its publisher waits, as for the log. Thread-safe; what
 * is decoded is decoded on one thread.
 */
public final class SparkplugIntake implements PublishSink, ClientWatch, AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(SparkplugIntake.class);

  static final String CLIENT = "$sparkplug";

  /** Messages that wait, and that are not committed yet. */
  private static final int MOST_WAITING = 1_000;

  private static final long LONGEST_WAIT = TimeUnit.SECONDS.toNanos(1);
  private static final long NO_ROOM = TimeUnit.MILLISECONDS.toNanos(2);
  private static final Duration LONGEST_CLOSE = Duration.ofSeconds(2);
  private static final int MOST_TOLD = 10;

  private final PublishSink sink;
  private final LongSupplier nanos;
  private final LongSupplier millis;
  private final SparkplugDecoder decoder;
  private final SparkplugMetrics metrics;
  private final Semaphore room = new Semaphore(MOST_WAITING);

  /** Bounded by the room that there is for messages, and by how many clients connect. */
  private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();

  private final Thread thread;
  private volatile List<String> asked = List.of();
  private volatile int believed;
  private volatile int known;
  private volatile boolean closing;

  /**
   * Starts the thread.
   *
   * @param sink where publishes and readings go
   * @param isTopic whether a topic may be published to
   * @param millis since 1970, as far as that is known
   * @param nanos a clock that never jumps
   */
  public SparkplugIntake(
      SparkplugSettings settings,
      PublishSink sink,
      Predicate<String> isTopic,
      LongSupplier millis,
      LongSupplier nanos,
      MeterRegistry registry) {
    this.sink = sink;
    this.nanos = nanos;
    this.millis = millis;
    this.metrics = new SparkplugMetrics(registry);
    this.decoder = new SparkplugDecoder(settings, isTopic, metrics);
    metrics.nodes("believed", () -> believed);
    metrics.nodes("asked", () -> asked.size());
    metrics.nodes("silent", () -> Math.max(0, known - believed - asked.size()));
    metrics.waiting(() -> MOST_WAITING - room.availablePermits(), MOST_WAITING);
    this.thread = Threads.start("edge-sparkplug-0", this::run);
  }

  @Override
  public boolean offer(Publish publish) {
    Optional<SparkplugTopic> topic = SparkplugTopic.parse(publish.topic());
    if (topic.isEmpty() || publish.clientId().equals(CLIENT)) {
      return sink.offer(publish);
    }
    if (!room.tryAcquire()) {
      return false;
    }
    var parts =
        new Parts(
            2,
            outcome -> {
              room.release();
              publish.done().accept(outcome);
            });
    if (!sink.offer(publish.tell(parts::ended))) {
      room.release();
      return false;
    }
    queue.add(() -> decode(topic.get(), publish, parts));
    return true;
  }

  @Override
  public void connected(String clientId) {
    queue.add(() -> decoder.connected(clientId, nanos.getAsLong()));
  }

  @Override
  public void disconnected(String clientId) {
    // Its will tells, if it is an edge node.
  }

  private void run() {
    try {
      while (!closing || !queue.isEmpty()) {
        long wait = Math.min(LONGEST_WAIT, decoder.untilNext(nanos.getAsLong()));
        Runnable next = queue.poll(closing ? 0 : wait, TimeUnit.NANOSECONDS);
        if (next != null) {
          next.run();
        }
        for (Said request : decoder.poll(nanos.getAsLong(), millis.getAsLong())) {
          // One that finds no room is made again after a while.
          boolean _ =
              sink.offer(Publish.atMostOnce(request.topic(), request.payload(), CLIENT, _ -> {}));
        }
        asked = decoder.asked();
        believed = decoder.believed();
        known = decoder.known();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void decode(SparkplugTopic topic, Publish publish, Parts parts) {
    List<Said> readings = readings(topic, publish);
    parts.more(readings.size());
    for (Said each : readings) {
      metrics.reading();
      hand(new Publish(each.topic(), each.payload(), CLIENT, null, List.of(), parts::ended));
    }
    parts.ended(Append.Outcome.COMMITTED);
  }

  /** A mistake in the decoder costs the message, not all that come after it. */
  private List<Said> readings(SparkplugTopic topic, Publish publish) {
    try {
      return decoder.take(topic, publish.payload(), publish.clientId(), nanos.getAsLong());
    } catch (RuntimeException e) {
      LOGGER
          .atError()
          .addKeyValue("node", topic.nodeName())
          .setCause(e)
          .log("A Sparkplug message cannot be decoded");
      metrics.refused(Refused.MALFORMED);
      return List.of();
    }
  }

  /** Waits for room: meanwhile no more is taken from edge nodes. */
  private void hand(Publish reading) {
    while (!sink.offer(reading)) {
      if (closing) {
        reading.done().accept(Append.Outcome.FAILED);
        return;
      }
      LockSupport.parkNanos(this, NO_ROOM);
    }
  }

  /** What an operator should know: which nodes are not understood. */
  public Optional<String> note() {
    List<String> names = asked;
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(
            names.size()
                + " edge nodes are asked for a birth, and not believed until it comes: "
                + String.join(", ", names.subList(0, Math.min(MOST_TOLD, names.size())))
                + (names.size() > MOST_TOLD ? ", …" : ""));
  }

  /** Decodes what is there, then ends. */
  @Override
  public void close() {
    closing = true;
    queue.add(() -> {});
    try {
      boolean _ = thread.join(LONGEST_CLOSE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** What a message consists of: it has ended when all of that has. Thread-safe. */
  private static final class Parts {
    private final AtomicInteger left;
    private final AtomicReference<Append.Outcome> worst =
        new AtomicReference<>(Append.Outcome.COMMITTED);
    private final Consumer<Append.Outcome> done;

    private Parts(int parts, Consumer<Append.Outcome> done) {
      this.left = new AtomicInteger(parts);
      this.done = done;
    }

    private void more(int parts) {
      left.addAndGet(parts);
    }

    private void ended(Append.Outcome outcome) {
      if (!outcome.isTaken()) {
        worst.compareAndSet(Append.Outcome.COMMITTED, outcome);
      }
      if (left.decrementAndGet() == 0) {
        done.accept(worst.get());
      }
    }
  }
}
